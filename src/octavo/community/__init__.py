"""Community: the modules of a network, by the map equation (Infomap).

Source: Su Jianlin, kexue.fm/archives/7006.
"""

from octavo._lazy import load_later

__all__ = [
    "Infomap",
    "knn_graph",
    "make_graph",
    "map_equation",
    "read_graph",
    "visit_rates",
    "write_modules",
]

__getattr__ = load_later(
    __name__,
    {
        "Infomap": "infomap",
        "knn_graph": "knn",
        "make_graph": "graph",
        "map_equation": "codelength",
        "read_graph": "graph_files",
        "visit_rates": "flow",
        "write_modules": "module_files",
    },
)
