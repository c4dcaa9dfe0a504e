"""What notebooks import, imported once for all of them, and the settings that make it safe."""

import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

# Threads of these libraries would be lost in a fork, and each kernel has but one core to itself.
# All kernels of a batch have the same settings, forked or not: sums depend on how they are split.
SINGLE = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",  # Arrow takes the size of its pool from it, too
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
MODULES = [
    "duckdb",
    "geopandas",
    "geopandas.io.arrow",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.display",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "matplotlib.pyplot",
    "numpy",
    "pandas",
    "pandas.core.arrays.arrow.extension_types",
    "pandas.core.methods.to_dict",
    "pandas.core.reshape.reshape",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyproj",
    "scipy.optimize",
    "scipy.stats",
    "shapely",
    "tornado.platform.asyncio",
]


def import_libraries(*, wanted: Callable[[], bool] = lambda: True) -> None:
    """Import what notebooks use and do what every kernel would do first.

    Parameters
    ----------
    wanted : callable
        Asked before each; the process ends where it says no, since imports take seconds.
    """
    for name in _names():
        if not wanted():
            raise SystemExit
        import_module(name)
    _rehearse()
    gc.collect()
    gc.freeze()  # or the first collection in a fork would copy every page of memory


def _names() -> Iterator[str]:
    """Modules in the order that they are imported in."""
    yield from MODULES
    yield from import_module("ehlib").HOMES
    show = import_module("ehlib.show")
    yield from (each.name for each in pkgutil.walk_packages(show.__path__, "ehlib.show."))


def settings(private: Path) -> dict[str, str]:
    """Environment of a kernel whose files lie in a private folder.

    Parameters
    ----------
    private : Path
        Short-lived and of this run alone.

    Returns
    -------
    dict of str
        Variables to add to the environment.
    """
    wanted = {
        **SINGLE,
        "IPYTHONDIR": str(private),  # neither history nor the user's own start-up files
        "JUPYTER_RUNTIME_DIR": str(private),
        "MPLBACKEND": "agg",  # a figure is shown by show_figure alone
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    if "PYTHONPATH" in os.environ:  # relative parts count from here, not from the notebook
        parts = os.environ["PYTHONPATH"].split(os.pathsep)
        wanted["PYTHONPATH"] = os.pathsep.join(str(Path(part).resolve()) for part in parts)
    return wanted


def threads() -> int:
    """Threads of this process, as far as the system tells."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 1


def leave_folder() -> None:
    """Take the folder where Python was started off the path, as ipykernel_launcher does."""
    if sys.path and (sys.path[0] == "" or Path(sys.path[0]) == Path.cwd()):
        del sys.path[0]
    importlib.invalidate_caches()


def _rehearse() -> None:
    """Do what first drawings and readings do once: find fonts, build registers, compile patterns.

    Every file is read again by each kernel; what stays is of the packages alone.
    """
    import pandas as pd

    from ehlib.load.areas import read_areas
    from ehlib.load.indicators import read_indicators
    from ehlib.show.charts import plot_areas, svg_uri
    from ehlib.show.tables import areas_table

    indicator = next(iter(read_indicators().values()))
    areas = read_areas()
    rows = pd.DataFrame(
        {
            "area_code": [each.code for each in areas.districts],
            "area_name": [each.name for each in areas.districts],
            "area_type": "district",
            "indicator_id": indicator.id,
            "period": "2013",
            "period_start": pd.Timestamp("2013-01-01"),
            "period_end": pd.Timestamp("2013-12-31"),
            **dict.fromkeys(["sex", "age", "category_type", "category", "value_note"], ""),
            **dict.fromkeys(["numerator", "denominator", "value"], 2.0),
            **{"lower_ci": 1.0, "upper_ci": 3.0, "benchmark_value": 2.0},
            **{"benchmark_name": areas.england.name, "comparison": "similar"},
        }
    )
    svg_uri(plot_areas(rows, unit=indicator.unit))
    areas_table(rows, indicator)
