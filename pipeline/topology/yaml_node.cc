#include "pipeline/topology/yaml_node.h"

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace sluice {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kMergeKey = "<<";

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

// Thrown by the builder to leave yaml-cpp's parser; what is wrong has been
// added already. Caught in ParseYaml().
struct Abandoned : std::exception {};

// Makes nodes of yaml-cpp's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const YamlLimits& limits,
              ConfigProblems& problems)
      : text_(text), limits_(limits), problems_(problems) {}

  const YamlNodePtr& root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.line = LineOf(mark);
    // yaml-cpp drops the word; `null: {}` is a plugin's name all the same.
    if (!frames_.empty() && frames_.back().wants_key() &&
        StartsWithWordNull(mark)) {
      node.kind = YamlNode::Kind::kScalar;
      node.text = "null";
    }
    Place(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    CheckTag(mark, tag);
    CheckQuoteEnds(mark);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.line = LineOf(mark);
    node.text = value;
    Place(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      problems_.Add(LineOf(mark), CurrentPath(),
                    "this alias stands within its own anchor");
      throw Abandoned();
    }
    Place(found->second, LineOf(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override {
    Frame& frame = frames_.back();
    for (const auto& [line, value] : frame.merged) {
      MergeInto(frame, line, *value.node);
    }
    Close();
  }

 private:
  // A node with what it costs to visit: every alias counts as a copy.
  struct Sized {
    YamlNodePtr node;
    size_t nodes = 1;
    size_t depth = 1;
  };

  // A sequence or map that is not complete yet.
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    size_t nodes = 1;
    size_t depth = 1;
    // Maps: between a key and its value.
    bool has_key = false;
    std::string key;
    int key_line = 0;
    bool skip_value = false;
    absl::flat_hash_map<std::string, int> key_lines;
    std::vector<std::pair<int, Sized>> merged;

    bool wants_key() const {
      return node.kind == YamlNode::Kind::kMap && !has_key;
    }
  };

  std::string_view TextFrom(const YAML::Mark& mark) const {
    if (mark.pos < 0 || static_cast<size_t>(mark.pos) > text_.size()) return "";
    return text_.substr(static_cast<size_t>(mark.pos));
  }

  bool StartsWithWordNull(const YAML::Mark& mark) const {
    return TextFrom(mark).starts_with("null");
  }

  // yaml-cpp takes the end of the file for the end of a quote.
  void CheckQuoteEnds(const YAML::Mark& mark) {
    const std::string_view text = TextFrom(mark);
    if (text.empty() || (text[0] != '\'' && text[0] != '"')) return;
    const char quote = text[0];
    for (size_t at = 1; at < text.size();) {
      if (quote == '"' && text[at] == '\\') {
        at += 2;
      } else if (quote == '\'' && text.substr(at, 2) == "''") {
        at += 2;
      } else if (text[at] == quote) {
        return;
      } else {
        ++at;
      }
    }
    problems_.Add(LineOf(mark), CurrentPath(),
                  "a quote begins here and does not end");
    throw Abandoned();
  }

  std::string CurrentPath() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.node.kind == YamlNode::Kind::kSequence) {
        path = JoinIndex(path, frame.node.items.size());
      } else if (frame.has_key) {
        path = JoinKey(path, frame.key);
      }
    }
    return path;
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    // "?" is a plain value, "!" a quoted one.
    if (tag.empty() || tag == "?" || tag == "!") return;
    problems_.Add(LineOf(mark), CurrentPath(),
                  absl::StrCat("tags such as ", Quote(tag),
                               " are not used here; write the plain value"));
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    CheckTag(mark, tag);
    if (frames_.size() >= limits_.max_depth) TooDeep(LineOf(mark));
    Frame frame;
    frame.node.kind = kind;
    frame.node.line = LineOf(mark);
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void Close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    Sized sized;
    sized.nodes = frame.nodes;
    sized.depth = frame.depth + 1;
    const int line = frame.node.line;
    sized.node = std::make_shared<const YamlNode>(std::move(frame.node));
    if (frame.anchor != 0) anchors_[frame.anchor] = sized;
    Place(sized, line);
  }

  void Place(YamlNode node, YAML::anchor_t anchor) {
    Sized sized;
    const int line = node.line;
    sized.node = std::make_shared<const YamlNode>(std::move(node));
    if (anchor != 0) anchors_[anchor] = sized;
    Place(sized, line);
  }

  // Puts a complete node where the parser is: a key, a value, an item or the
  // root.
  void Place(const Sized& sized, int line) {
    if (frames_.empty()) {
      root_ = sized.node;
      return;
    }
    Frame& frame = frames_.back();
    if (frame.wants_key()) {
      TakeKey(frame, *sized.node, line);
      return;
    }
    frame.nodes += sized.nodes;
    frame.depth = std::max(frame.depth, sized.depth);
    if (frame.nodes > limits_.max_nodes) {
      problems_.Add(line, CurrentPath(),
                    absl::StrCat("the file has more than ", limits_.max_nodes,
                                 " values, with each alias as a copy"));
      throw Abandoned();
    }
    if (frames_.size() + sized.depth > limits_.max_depth + 1) TooDeep(line);
    if (frame.node.kind == YamlNode::Kind::kSequence) {
      frame.node.items.push_back(sized.node);
    } else {
      TakeValue(frame, sized);
    }
  }

  void TakeKey(Frame& frame, const YamlNode& node, int line) {
    frame.key_line = line;
    frame.skip_value = false;
    if (node.kind == YamlNode::Kind::kScalar) {
      frame.key = node.text;
    } else {
      problems_.Add(line, CurrentPath(), "a key must be a piece of text");
      frame.key.clear();
      frame.skip_value = true;
    }
    frame.has_key = true;
    if (frame.skip_value || frame.key == kMergeKey) return;
    const auto [first, added] = frame.key_lines.emplace(frame.key, line);
    if (added) return;
    problems_.Add(line, CurrentPath(),
                  absl::StrCat("this key is here twice; the first is on line ",
                               first->second));
    frame.skip_value = true;
  }

  void TakeValue(Frame& frame, const Sized& sized) {
    if (frame.skip_value) {
      // The mistake is noted.
    } else if (frame.key == kMergeKey) {
      frame.merged.emplace_back(frame.key_line, sized);
    } else {
      frame.node.entries.push_back({frame.key, frame.key_line, sized.node});
    }
    frame.has_key = false;
  }

  // Merge keys (https://yaml.org/type/merge.html): keys of the map itself win,
  // then those of earlier maps.
  void MergeInto(Frame& frame, int line, const YamlNode& value) {
    if (value.kind == YamlNode::Kind::kSequence) {
      for (const YamlNodePtr& item : value.items) {
        MergeMap(frame, line, *item);
      }
    } else {
      MergeMap(frame, line, value);
    }
  }

  void MergeMap(Frame& frame, int line, const YamlNode& value) {
    if (value.kind != YamlNode::Kind::kMap) {
      problems_.Add(line, CurrentPath(),
                    "<< merges a map, or a list of maps: <<: *anchor");
      return;
    }
    for (const YamlEntry& entry : value.entries) {
      if (!frame.key_lines.emplace(entry.key, entry.line).second) continue;
      frame.node.entries.push_back(entry);
    }
  }

  [[noreturn]] void TooDeep(int line) {
    problems_.Add(
        line, CurrentPath(),
        absl::StrCat("nested more than ", limits_.max_depth, " levels deep"));
    throw Abandoned();
  }

  const std::string_view text_;
  const YamlLimits limits_;
  ConfigProblems& problems_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Sized> anchors_;
  YamlNodePtr root_;
};

int LineAt(std::string_view text, size_t position) {
  return 1 + static_cast<int>(
                 std::count(text.begin(), text.begin() + position, '\n'));
}

// Checks what yaml-cpp does not: it takes the byte 4 for the end of the file,
// and passes on text that is not UTF-8.
bool CheckBytes(std::string_view text, ConfigProblems& problems) {
  const auto control =
      std::find_if(text.begin(), text.end(), [](unsigned char c) {
        return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
      });
  if (control != text.end()) {
    problems.Add(LineAt(text, static_cast<size_t>(control - text.begin())), "",
                 absl::StrCat("control character 0x",
                              absl::Hex(static_cast<unsigned char>(*control),
                                        absl::kZeroPad2),
                              "; a configuration file is text in UTF-8"));
    return false;
  }
  if (simdjson::validate_utf8(text.data(), text.size())) return true;
  int line = 1;
  for (size_t begin = 0; begin < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (!simdjson::validate_utf8(text.data() + begin, end - begin)) break;
    begin = end + 1;
  }
  problems.Add(line, "",
               "bytes that are not UTF-8; a configuration file is text in "
               "UTF-8");
  return false;
}

}  // namespace

std::shared_ptr<const YamlNode> ParseYaml(std::string_view text,
                                          const YamlLimits& limits,
                                          ConfigProblems& problems) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (!CheckBytes(text, problems)) return nullptr;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(text, limits, problems);
    if (!parser.HandleNextDocument(builder) || builder.root() == nullptr) {
      YamlNode empty;
      empty.line = 1;
      return std::make_shared<const YamlNode>(std::move(empty));
    }
    YamlNodePtr root = builder.root();
    TreeBuilder second(text, limits, problems);
    if (parser.HandleNextDocument(second)) {
      problems.Add(second.root() ? second.root()->line : 0, "",
                   "a second document begins here; a configuration file is "
                   "one document");
      return nullptr;
    }
    return root;
  } catch (const Abandoned&) {
    return nullptr;
  } catch (const YAML::Exception& error) {
    problems.Add(error.mark.is_null() ? 0 : LineOf(error.mark), "",
                 absl::StrCat("not valid YAML: ", error.msg));
    return nullptr;
  } catch (const std::exception& error) {
    problems.Add(0, "", absl::StrCat("not valid YAML: ", error.what()));
    return nullptr;
  }
}

}  // namespace sluice
