#include "tools/sluice/plugin_workspace.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/plugin_template/plugin_template.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNameBytes = 40;

// Namespaces that generated code names, folders of Sluice, which headers are
// found below, and words of C++ and Protobuf that are all lower case.
const std::set<std::string>& ReservedNames() {
  static const auto* const names = new std::set<std::string>{
      // Namespaces and folders.
      "absl", "bazel", "docs", "examples", "external", "google", "pipeline",
      "plugins", "proto", "sluice", "std", "storage", "testing", "tests",
      "tools", "v1",
      // Words.
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor",
      "bool", "break", "case", "catch", "char", "class", "compl", "concept",
      "const", "consteval", "constexpr", "constinit", "const_cast", "continue",
      "co_await", "co_return", "co_yield", "decltype", "default", "delete",
      "do", "double", "dynamic_cast", "else", "enum", "explicit", "export",
      "extern", "false", "float", "for", "friend", "goto", "if", "inline",
      "int", "linux", "long", "main", "message", "mutable", "namespace", "new",
      "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq",
      "package", "private", "protected", "public", "register",
      "reinterpret_cast", "requires", "return", "short", "signed", "sizeof",
      "static", "static_assert", "static_cast", "struct", "switch", "template",
      "this", "thread_local", "throw", "true", "try", "typedef", "typeid",
      "typename", "union", "unix", "unsigned", "using", "virtual", "void",
      "volatile", "wchar_t", "while", "xor", "xor_eq"};
  return *names;
}

// acme_door: AcmeDoor.
std::string CamelCase(const std::string& name) {
  std::string camel;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') camel += upper ? absl::ascii_toupper(c) : c;
    upper = c == '_';
  }
  return camel;
}

// Folders of templates.
std::set<std::string> FoldersOf(const PluginWorkspace& workspace) {
  if (workspace.language == "python") {
    return {"python", "python_" + workspace.kind};
  }
  return {"common", workspace.kind};
}

// Where a file goes that has no place of its own: in C++, sources lie in a
// package.
std::string TargetPath(const std::string& file, const std::string& language) {
  if (file == "bazelrc" || file == "gitignore") return "." + file;
  if (language == "python") return file;
  if (file == "package.BUILD.bazel") return "%name%/BUILD.bazel";
  const bool is_source = absl::EndsWith(file, ".cc") ||
                         absl::EndsWith(file, ".h") ||
                         absl::EndsWith(file, ".proto");
  return absl::StrCat(is_source ? "%name%/" : "", file);
}

// Text or path of a template, with its gaps filled.
std::string Filled(const std::string& text, const PluginWorkspace& workspace) {
  return absl::StrReplaceAll(text,
                             {{"%name%", workspace.name},
                              {"%Name%", CamelCase(workspace.name)},
                              {"%NAME%", absl::AsciiStrToUpper(workspace.name)},
                              {"%kind%", workspace.kind},
                              {"%sluice_path%", workspace.sluice_path}});
}

absl::Status CheckChoice(const PluginWorkspace& workspace) {
  const std::set<std::string> kinds = {"source", "transform", "sink"};
  if (kinds.count(workspace.kind) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", workspace.kind,
                     "\" is no kind of plugin; give source, transform or "
                     "sink"));
  }
  if (workspace.language == "c++" ||
      (workspace.language == "python" && workspace.kind != "transform")) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there are no templates for a ", workspace.kind, " in \"",
                   workspace.language,
                   "\"; there are for everything in c++, and for sources "
                   "and sinks in python"));
}

absl::Status CannotWrite(const std::string& path, const std::string& why) {
  return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", why));
}

// What the user withholds from new files.
mode_t UserMask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

absl::Status WriteFile(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return CannotWrite(path.parent_path().string(), error.message());
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return CannotWrite(path.string(), std::strerror(errno));
  if (!absl::StartsWith(text, "#!")) return absl::OkStatus();
  if (::chmod(path.c_str(), 0777 & ~UserMask()) != 0) {
    return CannotWrite(path.string(), std::strerror(errno));
  }
  return absl::OkStatus();
}

bool IsFree(const fs::path& directory) {
  std::error_code ignored;
  return !fs::exists(fs::symlink_status(directory, ignored)) ||
         (fs::is_directory(directory, ignored) &&
          fs::is_empty(directory, ignored));
}

bool IsSluice(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "tools/bazel/plugin_test.bzl", ignored) &&
         fs::exists(folder / "WORKSPACE", ignored);
}

}  // namespace

absl::Status CheckPluginName(const std::string& name) {
  const auto allowed = [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  };
  if (name.empty() || !absl::ascii_islower(name[0]) ||
      !std::all_of(name.begin(), name.end(), allowed) || name.back() == '_' ||
      absl::StrContains(name, "__") || name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", name, "\" is no name for a plugin; give up to ", kMaxNameBytes,
        " lower-case letters, digits and single underscores, a letter first, "
        "e.g. acme_door"));
  }
  if (ReservedNames().count(name) > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name,
                     "\" means something else in C++, Protobuf or Sluice; give "
                     "another name, e.g. my_",
                     name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::string>> PluginWorkspaceFiles(
    const PluginWorkspace& workspace) {
  SLUICE_RETURN_IF_ERROR(CheckPluginName(workspace.name));
  SLUICE_RETURN_IF_ERROR(CheckChoice(workspace));
  const std::set<std::string> folders = FoldersOf(workspace);
  std::map<std::string, std::string> files;
  for (size_t i = 0; i < kTemplateFileCount; ++i) {
    const std::string path(kTemplateFiles[i].path);
    const size_t slash = path.find('/');
    if (folders.count(path.substr(0, slash)) == 0) continue;
    const std::string file(absl::StripSuffix(path.substr(slash + 1), ".in"));
    files[Filled(TargetPath(file, workspace.language), workspace)] =
        Filled(std::string(kTemplateFiles[i].text), workspace);
  }
  return files;
}

absl::Status WriteNewFolder(const std::map<std::string, std::string>& files,
                            const std::string& directory) {
  const fs::path target = fs::path(directory).lexically_normal();
  const std::string shown = target.string();
  const absl::Status taken = absl::AlreadyExistsError(
      absl::StrCat(shown, " is there already, and not empty"));
  if (!IsFree(target)) return taken;
  std::string scratch = shown;
  while (scratch.size() > 1 && scratch.back() == '/') scratch.pop_back();
  scratch += ".new-XXXXXX";
  if (::mkdtemp(scratch.data()) == nullptr) {
    return CannotWrite(shown, std::strerror(errno));
  }
  absl::Cleanup remove = [&scratch] {
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
  };
  for (const auto& [path, text] : files) {
    SLUICE_RETURN_IF_ERROR(WriteFile(fs::path(scratch) / path, text));
  }
  // mkdtemp gives it to its owner alone.
  if (::chmod(scratch.c_str(), 0777 & ~UserMask()) != 0 ||
      ::rename(scratch.c_str(), shown.c_str()) != 0) {
    return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
               ? taken
               : CannotWrite(shown, std::strerror(errno));
  }
  std::move(remove).Cancel();
  return absl::OkStatus();
}

absl::StatusOr<std::string> FindSluice(const std::string& start) {
  std::error_code error;
  const fs::path absolute = fs::canonical(start, error);
  if (error) {
    return absl::NotFoundError(
        absl::StrCat(start, ": ", std::string(error.message())));
  }
  for (fs::path folder = absolute;; folder = folder.parent_path()) {
    if (IsSluice(folder)) return folder.string();
    if (folder == folder.parent_path()) break;
  }
  return absl::NotFoundError(
      absl::StrCat(absolute.string(), " is not in the source of Sluice"));
}

}  // namespace sluice
