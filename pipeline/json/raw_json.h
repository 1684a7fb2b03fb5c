// Pieces of a JSON document as they stand in it.
#ifndef PIPELINE_JSON_RAW_JSON_H_
#define PIPELINE_JSON_RAW_JSON_H_

#include <string_view>

#include "simdjson.h"

namespace sluice {

// The bytes of any value, without white space around them.
inline simdjson::error_code RawJson(simdjson::ondemand::value value,
                                    std::string_view* raw) {
  namespace ondemand = simdjson::ondemand;
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      if (auto error = value.get(object)) return error;
      if (auto error = object.raw_json().get(*raw)) return error;
      break;
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      if (auto error = value.get(array)) return error;
      if (auto error = array.raw_json().get(*raw)) return error;
      break;
    }
    default:
      *raw = value.raw_json_token();
  }
  // simdjson's pieces reach up to the next token.
  const size_t end = raw->find_last_not_of(" \t\r\n");
  *raw = end == std::string_view::npos ? "" : raw->substr(0, end + 1);
  return simdjson::SUCCESS;
}

// Nothing follows what was read of `document`.
inline bool AtEnd(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace sluice

#endif  // PIPELINE_JSON_RAW_JSON_H_
