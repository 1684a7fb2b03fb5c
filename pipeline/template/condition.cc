#include "pipeline/template/condition.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "pipeline/template/comparison.h"
#include "pipeline/template/payload.h"
#include "pipeline/template/scanner.h"
#include "pipeline/template/value.h"

namespace sluice {

using template_internal::Compare;
using template_internal::GlobMatches;
using template_internal::Scanner;
using template_internal::TextOf;
using template_internal::Value;
using template_internal::ValuePath;

namespace {

constexpr size_t kMaxConditionBytes = 16 << 10;
// Every level takes stack, in Parse() and in Matches().
constexpr int kMaxDepth = 64;

// A value of the event, or a literal.
struct Operand {
  bool is_literal = false;
  ValuePath path = {};
  std::string text = {};
  Value::Kind kind = Value::Kind::kText;

  Value Find(TemplateInput& input) const {
    return is_literal ? Value::Json(kind, text) : path.Find(input);
  }
};

enum class Operator {
  kAnd,
  kOr,
  kNot,
  kExists,
  kIsTrue,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kGlob,
};

bool Holds(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::kEqual:
    case Operator::kIn:
      return order == 0;
    case Operator::kNotEqual:
      return order < 0 || order > 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kGreaterEqual:
      return order >= 0;
    default:
      return false;
  }
}

}  // namespace

struct Condition::Program {
  struct Node {
    Operator op = Operator::kIsTrue;
    // kAnd, kOr: two or more; kNot: one. Places in `nodes`.
    std::vector<size_t> children = {};
    // Others: one; comparisons: two; kIn: two or more, what is asked first.
    std::vector<Operand> operands = {};
  };

  bool Matches(size_t index, TemplateInput& input) const;
  bool Compares(const Node& node, TemplateInput& input) const;

  std::vector<Node> nodes;
  size_t root = 0;
};

// Reads a condition by descent: one method per level of binding.
class Condition::Parser {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  absl::StatusOr<Program> Parse() {
    auto root = Any(0);
    if (!root.ok()) return root.status();
    if (!scanner_.at_end()) {
      return scanner_.Error(absl::StrCat(
          "\"&&\" or \"||\" is needed here, not ", scanner_.Found()));
    }
    program_.root = *root;
    return std::move(program_);
  }

 private:
  using Node = Program::Node;
  using Place = absl::StatusOr<size_t>;

  size_t Add(Node node) {
    program_.nodes.push_back(std::move(node));
    return program_.nodes.size() - 1;
  }

  bool Consume(std::string_view token) {
    scanner_.SkipSpaces();
    const bool found = scanner_.Consume(token);
    if (found) scanner_.SkipSpaces();
    return found;
  }

  // a || b || ...
  Place Any(int depth) {
    return Chain(Operator::kOr, "||", [this, depth] { return All(depth); });
  }

  // a && b && ...
  Place All(int depth) {
    return Chain(Operator::kAnd, "&&", [this, depth] { return One(depth); });
  }

  template <typename Next>
  Place Chain(Operator op, std::string_view token, Next next) {
    Node node{.op = op};
    do {
      Place child = next();
      if (!child.ok()) return child;
      node.children.push_back(*child);
    } while (Consume(token));
    return node.children.size() == 1 ? node.children[0] : Add(std::move(node));
  }

  // !a, (a), exists(value), a comparison.
  Place One(int depth) {
    scanner_.SkipSpaces();
    const size_t begin = scanner_.offset();
    if (depth > kMaxDepth) {
      return scanner_.Error(
          absl::StrCat("nested more than ", kMaxDepth, " deep"));
    }
    if (Consume("!")) {
      Place child = One(depth + 1);
      if (!child.ok()) return child;
      return Add({.op = Operator::kNot, .children = {*child}});
    }
    if (Consume("(")) {
      Place inner = Any(depth + 1);
      if (!inner.ok()) return inner;
      if (!Consume(")")) return Needed("\")\"");
      return inner;
    }
    if (scanner_.Name() == "exists" && Consume("(")) return Exists();
    scanner_.set_offset(begin);
    return Comparison();
  }

  Place Exists() {
    auto path = ValuePath::Parse(scanner_);
    if (!path.ok()) return path.status();
    if (!Consume(")")) return Needed("\")\"");
    return Add({.op = Operator::kExists,
                .operands = {Operand{.path = *std::move(path)}}});
  }

  Place Comparison() {
    auto left = ReadOperand();
    if (!left.ok()) return left.status();
    Node node{.operands = {*std::move(left)}};
    scanner_.SkipSpaces();
    const size_t begin = scanner_.offset();
    node.op = ReadOperator();
    if (node.op == Operator::kIn) return List(std::move(node));
    if (node.op == Operator::kIsTrue) return IsTrue(std::move(node), begin);
    scanner_.SkipSpaces();
    const size_t right_begin = scanner_.offset();
    auto right = ReadOperand();
    if (!right.ok()) return right.status();
    if (node.op == Operator::kGlob &&
        !(right->is_literal && right->kind == Value::Kind::kText)) {
      return scanner_.ErrorAt(right_begin,
                              "=~ takes a pattern in quotes, e.g. "
                              "\"sensor-*\"");
    }
    node.operands.push_back(*std::move(right));
    return Add(std::move(node));
  }

  // A value on its own. `begin`: where an operator would have stood.
  Place IsTrue(Node node, size_t begin) {
    const Operand& operand = node.operands[0];
    if (operand.is_literal && operand.kind != Value::Kind::kBool) {
      return scanner_.ErrorAt(
          begin,
          absl::StrCat("an operator is needed here, not ", scanner_.Found(),
                       "; operators are == != < <= > >= "
                       "in =~"));
    }
    return Add(std::move(node));
  }

  // ["a", "b"]
  Place List(Node node) {
    if (!Consume("[")) return Needed("\"[\"");
    do {
      scanner_.SkipSpaces();
      const size_t begin = scanner_.offset();
      auto item = ReadOperand();
      if (!item.ok()) return item.status();
      if (!item->is_literal) {
        return scanner_.ErrorAt(begin,
                                "a list holds texts in quotes, numbers, true "
                                "and false only");
      }
      node.operands.push_back(*std::move(item));
    } while (Consume(","));
    if (!Consume("]")) return Needed("\",\" or \"]\"");
    return Add(std::move(node));
  }

  // kIsTrue: there is none.
  Operator ReadOperator() {
    constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"==", Operator::kEqual},     {"!=", Operator::kNotEqual},
        {"<=", Operator::kLessEqual}, {">=", Operator::kGreaterEqual},
        {"<", Operator::kLess},       {">", Operator::kGreater},
        {"=~", Operator::kGlob},
    };
    for (const auto& [token, op] : kOperators) {
      if (scanner_.Consume(token)) return op;
    }
    const size_t begin = scanner_.offset();
    if (scanner_.Name() == "in") {
      scanner_.SkipSpaces();
      return Operator::kIn;
    }
    scanner_.set_offset(begin);
    return Operator::kIsTrue;
  }

  absl::StatusOr<Operand> ReadOperand() {
    scanner_.SkipSpaces();
    const char next = scanner_.peek();
    if (next == '"' || next == '\'') {
      auto quoted = scanner_.Quoted();
      if (!quoted.ok()) return quoted.status();
      return Operand{.is_literal = true, .text = *std::move(quoted)};
    }
    if (next == '-' || absl::ascii_isdigit(static_cast<unsigned char>(next))) {
      auto number = scanner_.Number();
      if (!number.ok()) return number.status();
      return Operand{.is_literal = true,
                     .text = std::string(*number),
                     .kind = Value::Kind::kNumber};
    }
    const size_t begin = scanner_.offset();
    const std::string word(scanner_.Name());
    if (word == "true" || word == "false") {
      return Operand{
          .is_literal = true, .text = word, .kind = Value::Kind::kBool};
    }
    scanner_.set_offset(begin);
    auto path = ValuePath::Parse(scanner_);
    if (!path.ok()) return path.status();
    return Operand{.path = *std::move(path)};
  }

  absl::Status Needed(const char* what) {
    return scanner_.Error(
        absl::StrCat(what, " is needed here, not ", scanner_.Found()));
  }

  Scanner scanner_;
  Program program_;
};

absl::StatusOr<Condition> Condition::Parse(std::string_view text) {
  if (text.size() > kMaxConditionBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a condition is at most ", kMaxConditionBytes,
                     " bytes long, not ", text.size()));
  }
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError("a condition is UTF-8; this one is not");
  }
  auto program = Parser(text).Parse();
  if (!program.ok()) return program.status();
  return Condition(std::make_shared<const Program>(*std::move(program)));
}

bool Condition::Program::Matches(size_t index, TemplateInput& input) const {
  const Node& node = nodes[index];
  const auto matches = [&](size_t child) { return Matches(child, input); };
  switch (node.op) {
    case Operator::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), matches);
    case Operator::kOr:
      return std::any_of(node.children.begin(), node.children.end(), matches);
    case Operator::kNot:
      return !matches(node.children[0]);
    case Operator::kExists:
      return !node.operands[0].Find(input).absent();
    case Operator::kIsTrue: {
      const Value value = node.operands[0].Find(input);
      return !value.absent() && value.text == "true";
    }
    default:
      return Compares(node, input);
  }
}

bool Condition::Program::Compares(const Node& node,
                                  TemplateInput& input) const {
  const Value left = node.operands[0].Find(input);
  if (left.absent()) return false;
  if (node.op == Operator::kGlob) {
    return left.kind != Value::Kind::kJson &&
           GlobMatches(node.operands[1].text,
                       TextOf(left, &input.json().moment));
  }
  return std::any_of(node.operands.begin() + 1, node.operands.end(),
                     [&](const Operand& right) {
                       return Holds(node.op, Compare(left, right.Find(input)));
                     });
}

bool Condition::Matches(TemplateInput& input) const {
  return program_->Matches(program_->root, input);
}

}  // namespace sluice
