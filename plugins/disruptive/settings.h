// The configuration, checked and with its defaults filled in.
#ifndef PLUGINS_DISRUPTIVE_SETTINGS_H_
#define PLUGINS_DISRUPTIVE_SETTINGS_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "plugins/disruptive/config.pb.h"
#include "plugins/disruptive/frame_splitter.h"

namespace sluice::disruptive {

// Who we are. Never logged.
struct AccountKey {
  std::string key_id;
  std::string secret;
  std::string email;
  // Send the key itself instead of tokens.
  bool basic = false;
};

struct Settings {
  std::string project;
  AccountKey key;

  std::vector<std::string> device_ids;
  // Label and value; no value: any.
  std::vector<std::pair<std::string, std::optional<std::string>>> label_filters;
  std::vector<std::string> device_types;
  std::vector<std::string> event_types;

  Framing framing = Framing::kJsonLines;
  size_t max_line_bytes = 1 << 20;

  absl::Duration ping_interval = absl::Seconds(10);
  int missed_pings = 3;
  absl::Duration reconnect_initial = absl::Seconds(1);
  absl::Duration reconnect_max = absl::Seconds(60);
  absl::Duration max_stream_age = absl::Minutes(50);

  absl::Duration history_max_age = absl::Hours(24 * 30);
  absl::Duration first_start = absl::ZeroDuration();
  absl::Duration overlap = absl::Seconds(30);
  absl::Duration settle = absl::Seconds(12);
  int parallel = 4;
  size_t hold_bytes = 16 << 20;
  bool all_devices = false;

  // Put the labels of the device on each event.
  bool labels = true;
  // Of these keys only; empty: all.
  std::vector<std::string> label_keys;
  absl::Duration labels_wait = absl::Seconds(30);
  absl::Duration labels_refresh = absl::Hours(1);
  size_t labels_max_bytes = 32 << 20;

  double requests_per_second = 4;
  double burst = 20;

  // Without a slash at the end.
  std::string base_url = "https://api.disruptive-technologies.com/v2";
  std::string emulator_base_url =
      "https://emulator.disruptive-technologies.com/v2";
  std::string token_url =
      "https://identity.disruptive-technologies.com/oauth2/token";
  std::string ca_file;

  // Events of this type are wanted.
  bool WantsType(std::string_view type) const {
    return event_types.empty() ||
           std::find(event_types.begin(), event_types.end(), type) !=
               event_types.end();
  }

  // Silence after which a stream is taken for dead.
  absl::Duration silence_limit() const { return ping_interval * missed_pings; }
};

// Checks `config` as a whole, reads the credentials it refers to, and fills in
// defaults.
//   kInvalidArgument (see ConfigError): the field of the first mistake; the
//   message names the others too.
absl::StatusOr<Settings> MakeSettings(const v1::DisruptiveConfig& config);

// The same for DisruptiveClient: looks at credentials, addresses and limits
// only; a project is not needed.
absl::StatusOr<Settings> MakeClientSettings(const v1::DisruptiveConfig& config);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_SETTINGS_H_
