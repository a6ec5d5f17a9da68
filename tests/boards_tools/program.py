"""Runs a program whose modules are texts, as `boards/names.py` has them, in this interpreter."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def result_of(texts: Mapping[str, str], place: str = "firmware/main.py") -> Any:
    """What `result` is in the module at `place`, once that has been run with all that it imports."""
    modules: dict[str, ModuleType] = {}

    def load(name: str) -> ModuleType:
        if name not in modules:
            module = modules[name] = ModuleType(name)
            text = texts.get(name.replace(".", "/") + ".py", "")
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": imported, "const": lambda value: value}
            exec(compile(text, name, "exec"), module.__dict__)
        return modules[name]

    def imported(name: str, _globals: Any = None, _locals: Any = None, parts: Any = (), _level: int = 0) -> ModuleType:
        if name.partition(".")[0] != "firmware":
            return __import__(name, fromlist=parts)
        module = load(name)
        for part in parts:
            if f"{name}.{part}".replace(".", "/") + ".py" in texts:
                setattr(module, part, load(f"{name}.{part}"))
        return module

    return load(place.removesuffix(".py").replace("/", ".")).result
