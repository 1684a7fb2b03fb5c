// The ledger's report as the control server shows it.
#include <string>
#include <vector>

#include "boost/json.hpp"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

json::array Texts(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::object DestinationObject(const DestinationReport& report) {
  return {{"received", report.received},
          {"missing", report.missing},
          {"duplicated", report.duplicated},
          {"repeated", report.repeated},
          {"out_of_order", report.out_of_order},
          {"unknown", report.unknown},
          {"missing_ids", Texts(report.missing_ids)},
          {"duplicated_ids", Texts(report.duplicated_ids)}};
}

json::object DeviceObject(const DeviceReport& device,
                          const LedgerReport& report) {
  json::object object{{"published", device.published}};
  for (size_t i = 0; i < device.destinations.size(); ++i) {
    const DeviceReport::Destination& destination = device.destinations[i];
    object[report.destinations[i].name] = {
        {"received", destination.received},
        {"missing", device.published - destination.received},
        {"duplicated", destination.duplicated},
        {"out_of_order", destination.out_of_order}};
  }
  return object;
}

}  // namespace

std::string LedgerReportToJson(const LedgerReport& report) {
  json::object destinations;
  for (const DestinationReport& destination : report.destinations) {
    destinations[destination.name] = DestinationObject(destination);
  }
  json::object devices;
  for (const DeviceReport& device : report.devices) {
    devices[device.device] = DeviceObject(device, report);
  }
  return json::serialize(json::object{{"published", report.published},
                                      {"unheard", report.unheard},
                                      {"forgotten", report.forgotten},
                                      {"destinations", destinations},
                                      {"devices", devices}});
}

}  // namespace sluice::sandbox
