// What `sluice disruptive` prints.
#ifndef TOOLS_SLUICE_DISRUPTIVE_OUTPUT_H_
#define TOOLS_SLUICE_DISRUPTIVE_OUTPUT_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "proto/disruptive/v1/account.pb.h"
#include "proto/disruptive/v1/data_connector.pb.h"
#include "proto/disruptive/v1/device.pb.h"
#include "proto/disruptive/v1/event.pb.h"
#include "tools/sluice/output.h"

namespace sluice {

// Text of the other side, on one line and without terminal sequences.
std::string Plain(std::string_view text);

// The last part of a resource name: "D" of "projects/P/devices/D".
std::string_view LastPart(std::string_view name);

// Cells of the table of each kind; the first row of a table is that of
// Header<Kind>().
std::vector<std::string> Row(const disruptive::v1::Device& device);
std::vector<std::string> Row(const disruptive::v1::Event& event);
std::vector<std::string> Row(const disruptive::v1::DataConnector& connector);
std::vector<std::string> Row(const disruptive::v1::Project& project);
std::vector<std::string> Row(const disruptive::v1::Organization& organization);
std::vector<std::string> Row(const disruptive::v1::Member& member);
std::vector<std::string> Row(const disruptive::v1::Role& role);
std::vector<std::string> Row(const disruptive::v1::ServiceAccount& account);
std::vector<std::string> Row(const disruptive::v1::ServiceAccountKey& key);
std::vector<std::string> Row(const std::string& text);

std::vector<std::string> Header(const disruptive::v1::Device*);
std::vector<std::string> Header(const disruptive::v1::Event*);
std::vector<std::string> Header(const disruptive::v1::DataConnector*);
std::vector<std::string> Header(const disruptive::v1::Project*);
std::vector<std::string> Header(const disruptive::v1::Organization*);
std::vector<std::string> Header(const disruptive::v1::Member*);
std::vector<std::string> Header(const disruptive::v1::Role*);
std::vector<std::string> Header(const disruptive::v1::ServiceAccount*);
std::vector<std::string> Header(const disruptive::v1::ServiceAccountKey*);
std::vector<std::string> Header(const std::string*);

// The service's JSON of an item, on one line; secrets are left out.
std::string JsonLine(const disruptive::v1::Event& event);
std::string JsonLine(const disruptive::v1::DataConnector& connector);
std::string JsonLine(const google::protobuf::Message& message);
std::string JsonLine(const std::string& text);

// One object for people: a line for each member, indented by depth.
std::string Details(std::string_view json);

// "value=22.5 °C": data of an event in short.
std::string Summary(const disruptive::v1::Event& event);

// Prints items one by one: JSON lines as they come, a table page by page.
//
// Thread-safety: none.
class ItemPrinter {
 public:
  ItemPrinter(OutputFormat format, std::ostream* out)
      : format_(format), out_(out) {}
  ~ItemPrinter() { Flush(); }

  template <typename Item>
  void Print(const Item& item) {
    if (format_ == OutputFormat::kJson) {
      *out_ << JsonLine(item) << "\n";
      return;
    }
    if (!begun_) rows_.push_back(Header(&item));
    begun_ = true;
    rows_.push_back(Row(item));
    if (rows_.size() >= kRows) Flush();
  }
  void Flush();

 private:
  static constexpr size_t kRows = 100;
  const OutputFormat format_;
  std::ostream* out_;
  bool begun_ = false;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_DISRUPTIVE_OUTPUT_H_
