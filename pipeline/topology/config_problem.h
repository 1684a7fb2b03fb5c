// What is wrong with a configuration file, and where.
#ifndef PIPELINE_TOPOLOGY_CONFIG_PROBLEM_H_
#define PIPELINE_TOPOLOGY_CONFIG_PROBLEM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

// One mistake. Never holds a secret: neither the value of one nor what stands
// where a reference to one should.
struct ConfigProblem {
  std::string file;
  // From 1; 0 when the file as a whole is meant.
  int line = 0;
  // From the top of the file, e.g. "pipelines.office.sources.sensors"; empty
  // for the file as a whole.
  std::string path;
  // What is wrong and what is allowed.
  std::string message;

  // "file:line: path: message", without the parts that are not there. One line.
  std::string ToString() const;
};

// Gathers the mistakes of one file. Not thread-safe.
class ConfigProblems {
 public:
  // More than this many are only counted.
  static constexpr size_t kMaxProblems = 200;

  explicit ConfigProblems(std::string file) : file_(std::move(file)) {}

  void Add(int line, std::string_view path, std::string_view message);

  bool empty() const { return problems_.empty(); }
  // Grows by one with each Add(): tells whether a step found anything.
  size_t count() const { return problems_.size() + not_kept_; }
  // Whether something is noted for exactly `path`.
  bool HasPath(std::string_view path) const;
  // Whether something is noted for `path` or for anything in it.
  bool HasWithin(std::string_view path) const;

  // All of them by line; the last says how many more there are, if there are.
  std::vector<ConfigProblem> Take();

 private:
  std::string file_;
  std::vector<ConfigProblem> problems_;
  size_t not_kept_ = 0;
};

// `path` with a key or an index behind it: "a.b", "a.b[3]"; keys that are no
// plain word are quoted: a["x.y"].
std::string JoinKey(std::string_view path, std::string_view key);
std::string JoinIndex(std::string_view path, size_t index);

// `text` in double quotes, on one line, cut after 60 bytes.
std::string Quote(std::string_view text);

// "; did you mean "x"? allowed: a, b, x": the first part only if a choice is
// near `word`, long lists cut.
std::string Suggest(std::string_view word,
                    const std::vector<std::string>& choices);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_CONFIG_PROBLEM_H_
