// Lines that are JSON objects of any kind.
#ifndef PLUGINS_LINES_JSON_LINE_DECODER_H_
#define PLUGINS_LINES_JSON_LINE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "pipeline/json/json_scanner.h"
#include "pipeline/json/json_view.h"
#include "plugins/lines/line_decoder.h"

namespace sluice::lines {

// The line is the event's data, byte for byte; FieldPaths say where its
// attributes are. An id is made up when they do not: the run, a dash, and a
// number that grows.
//
// Most lines are checked and read in one quick pass; what it cannot judge, a
// parser that is several times slower does.
class JsonLineDecoder final : public LineDecoder {
 public:
  JsonLineDecoder(const LineFormat& format, uint64_t run);

  bool Decode(std::string_view line, size_t readable_behind,
              EventFields* event) override;
  // The same by the slow parser alone, for tests that compare the two.
  bool DecodeSlowly(std::string_view line, EventFields* event);

 private:
  // An attribute, where it is found and where it goes.
  struct Attribute {
    const char* name;
    // Of the configuration; not empty.
    std::string path;
    // Where it is if no member has the whole path as name: the member of the
    // line, and those in it, one in the other. None: the path has no dots.
    std::optional<size_t> outer;
    std::vector<std::string> inner;
    // Null: the time.
    std::string_view EventFields::*target;
    // Holds its text where the line does not.
    std::string room;
    // The member that has the whole path as name.
    size_t member = 0;
  };

  // Gives the line's member of names_[index].
  using Find = absl::FunctionRef<std::optional<JsonView>(size_t index)>;

  void AddAttribute(const char* name, const std::string& path,
                    std::string_view EventFields::*target);
  size_t LookFor(std::string_view name);
  // Fills in the event of a line whose members `find` gives. False: refused.
  bool Fill(std::string_view line, Find find, EventFields* event);
  void MakeUpId(EventFields* event);
  // Puts an attribute into `*event`. False: refused.
  bool Take(Attribute& attribute, const std::optional<JsonView>& value,
            EventFields* event);
  bool RefuseAttribute(const Attribute& attribute, std::string_view problem);

  const LineFormat format_;
  std::vector<Attribute> attributes_;
  // The run and a dash, with room for a number behind them.
  std::string id_;
  size_t id_prefix_ = 0;
  uint64_t next_id_ = 0;
  JsonScanner scanner_;
  std::vector<std::string> names_;  // Members that scanner_ looks for.
  // The line with room behind it, where it had none.
  std::string padded_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_JSON_LINE_DECODER_H_
