"""From a filled-in time-use sheet to a post that moves, with a reason that survives the room."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("workload")
except PackageNotFoundError:  # the tree is read without being installed
    __version__ = "0"
