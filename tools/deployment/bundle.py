"""bundle.py SPEC OUTPUT: a .tar.gz to be unpacked anywhere, which runs there, or is installed as its README says."""

import archive
import deployment
import shared_libraries


def build(what):
    root = f"{what.package}-{what.version}"
    readme = what.fill("README.md.in", libraries=shared_libraries.dependencies(what.programs))
    files = [*what.program_files(), *what.service_files(), archive.Entry("README.md", content=readme)]
    return archive.compress(
        archive.tar([archive.Entry(f"{root}/{file.path}", mode=file.mode, content=file.content) for file in files])
    )


if __name__ == "__main__":
    deployment.make(build)
