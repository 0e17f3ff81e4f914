"""The modules of a system as a tree, each named by its path such as `Integration / Bank export`."""

from domain.typed import plain

TREE = " / "  # between the levels of a module's name


def under(module: str, branch: str) -> bool:
    """Whether a module is that branch of the tree or within it, by the beginnings of its names in whatever case."""
    parts, wanted = plain(module).casefold().split(TREE), plain(branch).casefold().split(TREE)
    return any(len(parts) - i >= len(wanted) and all(map(str.startswith, parts[i:], wanted)) for i in range(len(parts)))
