// Lines that are JSON objects of any kind.
#ifndef PLUGINS_LINES_JSON_LINE_DECODER_H_
#define PLUGINS_LINES_JSON_LINE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/lines/line_decoder.h"

namespace sluice::lines {

// The line is the event's data, byte for byte; FieldPaths say where its
// attributes are. An id is made up when they do not: the run, a dash, and a
// number that grows.
//
// The quick parser does not know all JSON: numbers that no 64 bits hold, and
// the text of numbers. For lines where that matters there is an exact one,
// some ten times slower.
class JsonLineDecoder final : public LineDecoder {
 public:
  JsonLineDecoder(const LineFormat& format, uint64_t run);
  ~JsonLineDecoder() override;

  bool Decode(std::string_view line, size_t readable_behind,
              EventFields* event) override;
  // The same by the exact parser alone, for tests that compare the two.
  bool DecodeExactly(std::string_view line, EventFields* event);

 private:
  struct Parser;  // Keeps the JSON library out of this header.

  // An attribute, where it is found and where it goes.
  struct Attribute {
    const char* name;
    // Of the configuration; not empty.
    std::string path;
    // Its members, one in the other, if no member has the whole path as name.
    std::vector<std::string> steps;
    // Null: the time.
    std::string_view EventFields::*target;
    // Holds its text where the line does not.
    std::string room;
  };

  // What was found at a path.
  enum class Found { kText, kNothing, kOther, kAskExactly };

  void AddAttribute(const char* name, const std::string& path,
                    std::string_view EventFields::*target);
  // Sets what does not come from the line.
  void Prepare(std::string_view line, EventFields* event);
  void MakeUpId(EventFields* event);
  // Looks through the line's own members, once for all attributes.
  void FindMembers();
  // What stands for the attribute at `index`.
  Found FindQuickly(size_t index, std::string_view line,
                    std::string_view* text);
  // Puts an attribute into `*event`. False: refused.
  bool Take(const Attribute& attribute, Found found, std::string_view text,
            EventFields* event);
  bool RefuseAttribute(const Attribute& attribute, std::string_view problem);

  const LineFormat format_;
  std::vector<Attribute> attributes_;
  // The run and a dash, with room for a number behind them.
  std::string id_;
  size_t id_prefix_ = 0;
  uint64_t next_id_ = 0;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_JSON_LINE_DECODER_H_
