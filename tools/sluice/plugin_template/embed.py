"""Writes files as a C++ source, so that the binary needs none of them.

Usage: embed.py OUTPUT NAME=FILE...
"""

import pathlib
import sys

# In no template; the tests of the generator would see half a file.
DELIMITER = "template"


def main():
    output, *files = sys.argv[1:]
    lines = ['#include "tools/sluice/plugin_template/plugin_template.h"', "", "namespace sluice {", ""]
    lines.append("const TemplateFile kTemplateFiles[] = {")
    for file in sorted(files):
        name, path = file.split("=", 1)
        text = pathlib.Path(path).read_text(encoding="utf-8")
        lines.append(f'{{"{name}", R"{DELIMITER}({text}){DELIMITER}"}},')
    lines.append("};")
    lines.append("const size_t kTemplateFileCount = sizeof(kTemplateFiles) / sizeof(kTemplateFiles[0]);")
    lines += ["", "}  // namespace sluice", ""]
    pathlib.Path(output).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
