#include "pipeline/topology/config_problem.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {
namespace {

constexpr size_t kMaxQuotedBytes = 60;
constexpr size_t kMaxPlainKeyBytes = 64;
constexpr size_t kMaxChoicesShown = 40;

// Number of single-byte insertions, removals, changes and swaps of neighbours
// between two words (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string Nearest(std::string_view word,
                    const std::vector<std::string>& choices) {
  // Longer words are no slips of the finger, and would cost time.
  if (word.size() > 64) return "";
  std::string lower(word);
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::replace(lower.begin(), lower.end(), '-', '_');
  std::string nearest;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& choice : choices) {
    const size_t distance = EditDistance(lower, choice);
    if (distance < best) {
      best = distance;
      nearest = choice;
    }
  }
  return nearest;
}

bool IsPlainKey(std::string_view key) {
  return !key.empty() && key.size() <= kMaxPlainKeyBytes &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' ||
                  c == '-';
         });
}

}  // namespace

std::string ConfigProblem::ToString() const {
  std::string text = file;
  if (line > 0) absl::StrAppend(&text, ":", line);
  if (!path.empty()) absl::StrAppend(&text, ": ", path);
  absl::StrAppend(&text, ": ", message);
  // A plugin's message could break the line; scripts read one per line.
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text;
}

void ConfigProblems::Add(int line, std::string_view path,
                         std::string_view message) {
  if (problems_.size() >= kMaxProblems) {
    ++not_kept_;
    return;
  }
  problems_.push_back({file_, line, std::string(path), std::string(message)});
}

bool ConfigProblems::HasPath(std::string_view path) const {
  return std::any_of(
      problems_.begin(), problems_.end(),
      [path](const ConfigProblem& problem) { return problem.path == path; });
}

bool ConfigProblems::HasWithin(std::string_view path) const {
  return std::any_of(
      problems_.begin(), problems_.end(), [path](const ConfigProblem& problem) {
        const std::string_view other = problem.path;
        if (!other.starts_with(path)) return false;
        return other.size() == path.size() || other[path.size()] == '.' ||
               other[path.size()] == '[';
      });
}

std::vector<ConfigProblem> ConfigProblems::Take() {
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const ConfigProblem& a, const ConfigProblem& b) {
                     return a.line < b.line;
                   });
  if (not_kept_ > 0) {
    problems_.push_back(
        {file_, 0, "", absl::StrCat("and ", not_kept_, " more mistakes")});
  }
  not_kept_ = 0;
  return std::move(problems_);
}

std::string JoinKey(std::string_view path, std::string_view key) {
  std::string joined(path);
  if (!IsPlainKey(key)) return absl::StrCat(joined, "[", Quote(key), "]");
  if (!joined.empty()) joined += '.';
  return joined.append(key);
}

std::string JoinIndex(std::string_view path, size_t index) {
  return absl::StrCat(std::string(path), "[", index, "]");
}

std::string Quote(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) {
    return absl::StrCat("\"", absl::Utf8SafeCEscape(std::string(text)), "\"");
  }
  size_t end = kMaxQuotedBytes;
  // Not within a UTF-8 sequence.
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  const std::string start(text.substr(0, end));
  return absl::StrCat("\"", absl::Utf8SafeCEscape(start), "...\"");
}

std::string Suggest(std::string_view word,
                    const std::vector<std::string>& choices) {
  std::string text;
  const std::string nearest = Nearest(word, choices);
  if (!nearest.empty()) {
    absl::StrAppend(&text, "; did you mean ", Quote(nearest), "?");
  } else {
    text = ";";
  }
  if (choices.empty()) return absl::StrCat(text, " none is known here");
  const size_t shown = std::min(choices.size(), kMaxChoicesShown);
  absl::StrAppend(
      &text, " allowed: ",
      absl::StrJoin(choices.begin(), choices.begin() + shown, ", "));
  if (shown < choices.size()) absl::StrAppend(&text, ", ...");
  return text;
}

}  // namespace sluice
