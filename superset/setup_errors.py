"""What in our files for Superset cannot be put in place, in words for whoever wrote them."""


class SetupError(Exception):
    """An asset, a role or a person that cannot be taken in."""
