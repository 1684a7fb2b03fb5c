#include "tools/sandbox/inthing/code_highlight.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

// Text from `begin` to `end`; an empty end: the end of the line.
struct Delimited {
  std::string_view begin;
  std::string_view end;
  const char* kind;
  // A backslash takes the next character with it.
  bool escapes = false;
};

struct Language {
  std::vector<std::string_view> names;
  // In order of precedence.
  std::vector<Delimited> delimited;
  std::vector<std::string_view> keywords;
};

const std::vector<Language>& Languages() {
  static const auto& languages = *new std::vector<Language>{
      {{"python"},
       {{"\"\"\"", "\"\"\"", "s", true},
        {"'''", "'''", "s", true},
        {"\"", "\"", "s", true},
        {"'", "'", "s", true},
        {"#", "", "c"}},
       {"False",  "None",     "True",  "and",    "as",       "assert",
        "async",  "await",    "break", "class",  "continue", "def",
        "del",    "elif",     "else",  "except", "finally",  "for",
        "from",   "global",   "if",    "import", "in",       "is",
        "lambda", "nonlocal", "not",   "or",     "pass",     "raise",
        "return", "try",      "while", "with",   "yield"}},
      {{"ruby"},
       {{"\"", "\"", "s", true}, {"'", "'", "s", true}, {"#", "", "c"}},
       {"alias", "and",    "begin",  "break",  "case",   "class", "def",
        "do",    "else",   "elsif",  "end",    "ensure", "false", "for",
        "if",    "in",     "module", "next",   "nil",    "not",   "or",
        "redo",  "rescue", "retry",  "return", "self",   "super", "then",
        "true",  "undef",  "unless", "until",  "when",   "while", "yield"}},
      {{"c", "cpp"},
       {{"/*", "*/", "c"},
        {"//", "", "c"},
        {"\"", "\"", "s", true},
        {"'", "'", "s", true},
        {"#", "", "t"}},
       {"auto",      "bool",     "break",    "case",      "catch",
        "char",      "class",    "const",    "constexpr", "continue",
        "default",   "delete",   "do",       "double",    "else",
        "enum",      "extern",   "false",    "float",     "for",
        "goto",      "if",       "inline",   "int",       "long",
        "namespace", "new",      "nullptr",  "operator",  "private",
        "protected", "public",   "return",   "short",     "signed",
        "sizeof",    "static",   "struct",   "switch",    "template",
        "this",      "throw",    "true",     "try",       "typedef",
        "typename",  "union",    "unsigned", "using",     "virtual",
        "void",      "volatile", "while"}},
      {{"javascript"},
       {{"/*", "*/", "c"},
        {"//", "", "c"},
        {"\"", "\"", "s", true},
        {"'", "'", "s", true},
        {"`", "`", "s", true}},
       {"async",  "await",    "break",   "case",       "catch",     "class",
        "const",  "continue", "default", "delete",     "do",        "else",
        "export", "extends",  "false",   "finally",    "for",       "function",
        "if",     "import",   "in",      "instanceof", "let",       "new",
        "null",   "of",       "return",  "super",      "switch",    "this",
        "throw",  "true",     "try",     "typeof",     "undefined", "var",
        "void",   "while",    "yield"}},
      {{"html", "xml"}, {{"<!--", "-->", "c"}, {"<", ">", "t"}}, {}},
  };
  return languages;
}

const Language* FindLanguage(std::string_view name) {
  for (const Language& language : Languages()) {
    const auto& names = language.names;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return &language;
    }
  }
  return nullptr;
}

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// How long the delimited text is that `rest` begins with.
size_t DelimitedSize(std::string_view rest, const Delimited& delimited) {
  if (delimited.end.empty()) return std::min(rest.find('\n'), rest.size());
  size_t at = delimited.begin.size();
  while (at < rest.size()) {
    if (delimited.escapes && rest[at] == '\\') {
      at += 2;
    } else if (rest.substr(at).starts_with(delimited.end)) {
      return at + delimited.end.size();
    } else {
      ++at;
    }
  }
  return rest.size();
}

size_t WordSize(std::string_view rest) {
  size_t size = 0;
  while (size < rest.size() && IsWord(rest[size])) ++size;
  return size;
}

void AppendSpan(std::string_view kind, std::string_view text,
                std::string* out) {
  absl::StrAppend(out, "<span class=\"", ToAbsl(kind), "\">", HtmlEscape(text),
                  "</span>");
}

// Appends what stands at the start of `rest`; returns its length.
size_t AppendNext(const Language& language, std::string_view rest,
                  std::string* out) {
  for (const Delimited& delimited : language.delimited) {
    if (!rest.starts_with(delimited.begin)) continue;
    const size_t size = DelimitedSize(rest, delimited);
    AppendSpan(delimited.kind, rest.substr(0, size), out);
    return size;
  }
  const size_t size = WordSize(rest);
  const std::string_view word = rest.substr(0, std::max<size_t>(size, 1));
  const auto& keywords = language.keywords;
  if (std::find(keywords.begin(), keywords.end(), word) != keywords.end()) {
    AppendSpan("k", word, out);
  } else if (!keywords.empty() &&
             absl::ascii_isdigit(static_cast<unsigned char>(word[0]))) {
    AppendSpan("n", word, out);
  } else {
    out->append(HtmlEscape(word));
  }
  return word.size();
}

}  // namespace

std::string HighlightCode(std::string_view code, std::string_view language) {
  const Language* known = FindLanguage(language);
  if (known == nullptr) return HtmlEscape(code);
  std::string html;
  while (!code.empty()) code.remove_prefix(AppendNext(*known, code, &html));
  return html;
}

}  // namespace sluice::sandbox
