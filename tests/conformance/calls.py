"""Which functions of a client the checks really called, seen by the interpreter and not claimed by a list."""

import inspect
import pathlib
import sys
import threading


class Calls:
    """Watches every call into the files of `modules` from now on."""

    def __init__(self, *modules):
        self._modules = modules
        self._files = {str(pathlib.Path(module.__file__).resolve()) for module in modules}
        self._seen = set()
        sys.setprofile(self._note)
        threading.setprofile(self._note)

    def _note(self, frame, event, _):
        if event == "call" and frame.f_code.co_filename in self._files:
            self._seen.add(frame.f_code)

    def report(self, name, out_of_scope):
        """Prints how many were called, and the others with the reason; returns those that have none."""
        functions = dict(self._public_functions())
        covered = {call for call, code in functions.items() if code in self._seen}
        missing = sorted(set(functions) - covered - set(out_of_scope))
        print(f"     {name}: {len(covered)} of {len(functions)} calls covered", flush=True)
        for call, reason in sorted(out_of_scope.items()):
            print(f"     {name}: out of scope: {call} ({reason})", flush=True)
        return missing

    def _public_functions(self):
        for module in self._modules:
            for owner_name, owner in [("", module), *inspect.getmembers(module, inspect.isclass)]:
                if inspect.isclass(owner) and owner.__module__ != module.__name__:
                    continue
                prefix = f"{module.__name__}.{owner_name}." if owner_name else f"{module.__name__}."
                for function_name, function in vars(owner).items():
                    function = getattr(function, "__func__", function)
                    is_public = not function_name.startswith("_") or function_name in ("__init__", "__enter__", "__exit__")
                    if inspect.isfunction(function) and is_public and function.__module__ == module.__name__:
                        yield prefix + function_name, function.__code__
