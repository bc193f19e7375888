"""No module waits for itself. The layers are guarded by the contracts in pyproject.toml."""

from graphlib import CycleError, TopologicalSorter

import grimp


def test_no_module_imports_itself_by_a_detour_and_type_only_imports_count() -> None:
    graph = grimp.build_graph("listino", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    circle: list[str] = []
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle = error.args[1]
    assert circle == [], " -> ".join(circle)
