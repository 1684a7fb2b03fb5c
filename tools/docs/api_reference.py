#!/usr/bin/python3
"""api_reference.py ROOT: docs/admin_api_reference.md, made from the comments of ROOT/proto/admin/v1.

What the page cannot say because a comment does not say it is an error, with the place.
"""

import collections
import dataclasses
import pathlib
import re
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

PACKAGE = "sluice.admin.v1"
FOLDER = "proto/admin/v1"

HEAD = """\
# Admin API reference

Every call, message and error of `proto/admin/v1`, made from the comments there by `./dev docs`: change those, not this page.
[admin_api.md](admin_api.md) is the introduction: how to reach it, and who may what.
"""

ROLES = ("viewer", "operator", "admin")
# The codes of gRPC that a call may end with.
CODES = (
    "ABORTED ALREADY_EXISTS CANCELLED DATA_LOSS DEADLINE_EXCEEDED FAILED_PRECONDITION INTERNAL INVALID_ARGUMENT "
    "NOT_FOUND OUT_OF_RANGE PERMISSION_DENIED RESOURCE_EXHAUSTED UNAUTHENTICATED UNAVAILABLE UNIMPLEMENTED").split()

# Numbers of fields in descriptor.proto, of which the path of a comment consists.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE = 4, 5, 6
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM = 2, 3, 4
ENUM_VALUE, SERVICE_METHOD = 2, 2

ROLE = re.compile(r"\bRole: (\w+)\.")
ERROR = re.compile(r"  (?P<code>[A-Z_]+)\s{2,}(?P<meaning>\S.*)")
INHERITED = re.compile(r"  (?P<text>errors of \w+)")
# A formula or a list: indented, and no error.
INDENTED = re.compile(r"\s{2,}\S")

Field = descriptor_pb2.FieldDescriptorProto


class Incomplete(Exception):
    """A comment lacks something that the page has to say."""


@dataclasses.dataclass
class Text:
    """A comment in its parts."""

    paragraphs: list
    # (code or empty, meaning), in the order of the comment.
    errors: list


def parse(comment):
    """Takes the errors out of a comment and joins the lines of each paragraph."""
    paragraphs, errors, lines = [], [], []
    last = None  # What a line that is indented further goes on with.

    def end_paragraph():
        if lines:
            paragraphs.append(" ".join(lines))
            lines.clear()

    for line in (line[1:] if line.startswith(" ") else line for line in comment.split("\n")):
        error, inherited = ERROR.fullmatch(line), INHERITED.fullmatch(line)
        if error and error["code"] in CODES:
            end_paragraph()
            errors.append([error["code"], error["meaning"]])
            last = errors[-1]
        elif inherited:
            end_paragraph()
            errors.append(["", inherited["text"]])
            last = errors[-1]
        elif last and INDENTED.match(line):
            last[1] += " " + line.strip()
        elif not line.strip():
            end_paragraph()
            last = None
        else:
            last = None
            lines.append(line.strip())
    end_paragraph()
    return Text(paragraphs, [tuple(error) for error in errors])


class Comments:
    """Comments of a file, by what they stand at."""

    def __init__(self, file):
        self._file = file
        self._leading = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}

    def of(self, *path):
        return parse(self._leading.get(path, ""))

    def required(self, what, *path):
        text = self.of(*path)
        if not text.paragraphs:
            raise Incomplete(f"{self._file.name}: {what} has no comment; the reference is made of it")
        return text


def anchor(name):
    """What GitHub makes of a heading."""
    return re.sub(r"[^a-z0-9_-]", "", name.lower().replace(" ", "-"))


def cell(text):
    return text.replace("|", "\\|")


def inline(paragraphs):
    return " ".join(paragraphs)


def errors_list(errors):
    return "".join(f"- `{code}`: {meaning}\n" if code else f"- {meaning}\n" for code, meaning in errors)


def first_sentence(text):
    return re.split(r"(?<=[.:])\s", text, maxsplit=1)[0].rstrip(".:")


@dataclasses.dataclass
class Call:
    service: str
    name: str
    method: descriptor_pb2.MethodDescriptorProto
    text: Text
    role: str

    @property
    def kind(self):
        if self.method.client_streaming:
            return "many requests"
        return "many answers" if self.method.server_streaming else "one answer"


class Page:
    """Writes the page. Files come in the order of their names, everything else in the order of its file."""

    def __init__(self, files):
        self._files = sorted((file for file in files if file.package == PACKAGE), key=lambda file: file.name)
        self._comments = {file.name: Comments(file) for file in self._files}
        self._maps = {}

    def text(self):
        if not any(file.service for file in self._files):
            raise Incomplete(f"there is no service of package {PACKAGE} in the descriptors")
        parts = [HEAD, self._calls(), *map(self._services, self._files), "## Messages\n"]
        for file in self._files:
            for index, message in enumerate(file.message_type):
                parts += self._message(file, message.name, message, (FILE_MESSAGE, index))
            for index, enum in enumerate(file.enum_type):
                parts.append(self._enum(file, enum.name, enum, (FILE_ENUM, index)))
        return "\n".join(parts)

    # Calls.

    def _call(self, file, service, index, method, path):
        place = f"{service}/{method.name}"
        text = self._comments[file.name].required(place, *path, SERVICE_METHOD, index)
        roles = ROLE.findall(inline(text.paragraphs))
        if len(roles) != 1 or roles[0] not in ROLES:
            raise Incomplete(f"{file.name}: the comment of {place} must say once which role it needs: \"Role: viewer.\"")
        paragraphs = [" ".join(ROLE.sub("", paragraph).split()) for paragraph in text.paragraphs]
        return Call(service, method.name, method, Text([p for p in paragraphs if p], text.errors), roles[0])

    def _calls_of(self, file):
        for number, service in enumerate(file.service):
            for index, method in enumerate(service.method):
                yield self._call(file, service.name, index, method, (FILE_SERVICE, number))

    def _calls(self):
        rows = ["## Calls\n", "| call | role | answers | |", "|---|---|---|---|"]
        for file in self._files:
            for call in self._calls_of(file):
                sentence = first_sentence(inline(call.text.paragraphs))
                rows.append(f"| [{call.service}/{call.name}](#{anchor(call.name)}) | {call.role} | {call.kind} | {cell(sentence)} |")
        return "\n".join(rows) + "\n"

    def _services(self, file):
        parts = []
        for number, service in enumerate(file.service):
            about = self._comments[file.name].required(service.name, FILE_SERVICE, number)
            parts.append(f"## {service.name}\n\n`{PACKAGE}.{service.name}`, in `{file.name}`.\n")
            parts += [paragraph + "\n" for paragraph in about.paragraphs]
            if about.errors:
                parts.append(errors_list(about.errors))
            parts += [self._describe(call) for call in self._calls_of(file) if call.service == service.name]
        return "\n".join(parts)

    def _describe(self, call):
        answer = ("stream " if call.method.server_streaming else "") + self._type_link(call.method.output_type)
        request = ("stream " if call.method.client_streaming else "") + self._type_link(call.method.input_type)
        parts = [f"### {call.name}\n", f"{request} → {answer}. Role: **{call.role}**.\n"]
        parts += [paragraph + "\n" for paragraph in call.text.paragraphs]
        if call.text.errors:
            parts.append(errors_list(call.text.errors))
        return "\n".join(parts)

    # Messages.

    def _type_link(self, name):
        name = name.lstrip(".")
        short = name[len(PACKAGE) + 1:] if name.startswith(PACKAGE + ".") else name
        return f"[{short}](#{anchor(short)})" if short != name else f"`{name}`"

    def _message(self, file, name, message, path):
        """The message, and those declared in it."""
        comments = self._comments[file.name]
        self._maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
        about = comments.of(*path)
        parts = [f"### {name}\n", *(paragraph + "\n" for paragraph in about.paragraphs)]
        if message.field:
            rows = ["| field | type | |", "|---|---|---|"]
            rows += [self._field(message, field, comments.of(*path, MESSAGE_FIELD, index)) for index, field in enumerate(message.field)]
            parts.append("\n".join(rows) + "\n")
        else:
            parts.append("Has no fields.\n")
        sections = ["\n".join(parts)]
        for index, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                sections += self._message(file, f"{name}.{nested.name}", nested, (*path, MESSAGE_NESTED, index))
        for index, enum in enumerate(message.enum_type):
            sections.append(self._enum(file, f"{name}.{enum.name}", enum, (*path, MESSAGE_ENUM, index)))
        return sections

    def _field(self, message, field, text):
        meaning = inline(text.paragraphs)
        if field.HasField("oneof_index") and not field.proto3_optional:
            others = message.oneof_decl[field.oneof_index].name
            meaning = f"One of `{others}`. {meaning}".strip()
        return f"| `{field.name}` | {cell(self._type(field))} | {cell(meaning)} |"

    def _type(self, field):
        if field.type in (Field.TYPE_MESSAGE, Field.TYPE_ENUM, Field.TYPE_GROUP):
            entry = self._maps.get(field.type_name.split(".")[-1])
            if entry is not None:
                return f"map of {self._type(entry.field[0])} to {self._type(entry.field[1])}"
            kind = self._type_link(field.type_name)
        else:
            kind = Field.Type.Name(field.type)[len("TYPE_"):].lower()
        if field.label == Field.LABEL_REPEATED:
            return "list of " + kind
        return "optional " + kind if field.proto3_optional else kind

    def _enum(self, file, name, enum, path):
        comments = self._comments[file.name]
        rows = ["| value | |", "|---|---|"]
        for index, value in enumerate(enum.value):
            rows.append(f"| `{value.name}` | {cell(inline(comments.of(*path, ENUM_VALUE, index).paragraphs))} |")
        about = comments.of(*path)
        return "\n".join([f"### {name}\n", *(paragraph + "\n" for paragraph in about.paragraphs), "\n".join(rows) + "\n"])


def check_anchors(text):
    """Two headings of one name would share an anchor, and links would lead to the wrong one."""
    headings = collections.Counter(anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#"))
    twice = [name for name, count in headings.items() if count > 1]
    if twice:
        raise Incomplete(f"two headings of the reference are called {twice[0]}; links would lead to the first only")


def descriptors(root, folder=FOLDER):
    """A FileDescriptorSet of the folder's files and of all that they import, with their comments."""
    sources = sorted(str(path.relative_to(root)) for path in (root / folder).glob("*.proto"))
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run(
            ["/usr/bin/protoc", "--include_imports", "--include_source_info", f"--descriptor_set_out={output.name}", f"-I{root}", *sources],
            check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(output.name).read_bytes())


def make(root):
    """The page."""
    text = Page(descriptors(pathlib.Path(root)).file).text()
    check_anchors(text)
    return text


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(make(sys.argv[1]), end="")
    except (Incomplete, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"api_reference: {error}")


if __name__ == "__main__":
    main()
