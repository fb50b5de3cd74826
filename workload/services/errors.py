"""What can go wrong with a service."""

from workload.errors import WorkloadError


class ServiceError(WorkloadError):
    """A program beside ours is missing, does not start, or cannot be prepared."""
