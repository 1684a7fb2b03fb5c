"""Which calls of a client a script really made: seen by the interpreter, the client itself is left as it is."""

import inspect
import sys
import threading

import checks


def of_modules(*modules):
    """The public functions of a client and the public methods of its classes, by name: {"stream.Stream.text": ...}."""
    functions = {}
    for module in modules:
        owners = [owner for _, owner in inspect.getmembers(module, inspect.isclass) if owner.__module__ == module.__name__]
        for owner in (module, *owners):
            prefix = module.__name__ if owner is module else f"{module.__name__}.{owner.__name__}"
            for name, function in vars(owner).items():
                function = getattr(function, "__func__", function)
                is_public = not name.startswith("_") or name in ("__init__", "__enter__", "__exit__")
                if inspect.isfunction(function) and is_public and function.__module__ == module.__name__:
                    functions[f"{prefix}.{name}"] = function
    return functions


def of_disruptive(dt):
    """What of the vendor's client `disruptive` sends requests, by name: {"Device.get_device": ...}."""
    functions = {}
    for name in ("Device", "EventHistory", "Stream", "Emulator", "DataConnector", "Project", "Organization", "Role",
                 "ServiceAccount", "Claim"):
        resource = getattr(dt, name)
        for method, function in inspect.getmembers(resource, inspect.isroutine):
            static = inspect.getattr_static(resource, method)
            if not method.startswith("_") and isinstance(static, (staticmethod, classmethod)):
                functions[f"{name}.{method}"] = inspect.unwrap(function)
    return functions


class Calls:
    def __init__(self, package, functions, out_of_scope):
        """`functions`: the function of the package by the name of its call; `out_of_scope`: why, by what is left out: a
        call, all calls that begin with a word ("Role"), or anything else that is to be told."""
        self._package = package
        self._names = {function.__code__: name for name, function in functions.items()}
        self._out_of_scope = out_of_scope
        self._made = set()

    def watch(self):
        """From now on."""
        def saw(frame, event, _):
            if event == "call":
                name = self._names.get(frame.f_code)
                if name is not None:
                    self._made.add(name)

        sys.setprofile(saw)
        threading.setprofile(saw)

    def report(self):
        """Prints the count and what is left out. False: a call was never made."""
        sys.setprofile(None)
        threading.setprofile(None)
        missing = [name for name in sorted(set(self._names.values()) - self._made)
                   if name not in self._out_of_scope and name.split(".")[0] not in self._out_of_scope]
        print(f"calls {checks.suite()}: {len(self._made)} of {len(self._names)} of {self._package} "
              f"{checks.pinned_version(self._package)}", flush=True)
        for what, why in self._out_of_scope.items():
            print(f"omits {checks.suite()}: {what}: {why}", flush=True)
        for name in missing:
            print(f"FAIL {checks.suite()}: the call {name} was never made", flush=True)
        return not missing
