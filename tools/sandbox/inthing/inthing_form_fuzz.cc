// A form: its content type up to the first line break, then its body.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "glog/logging.h"
#include "tools/sandbox/inthing/inthing_form.h"

namespace sluice::sandbox {
namespace {

InthingForm Parse(std::string type, std::string body) {
  HttpServerRequest request;
  request.headers = {{"Content-Type", std::move(type)}};
  request.body = std::move(body);
  return InthingForm::Parse(request);
}

// Whatever bytes a file has, they come out as they went in.
void CheckRoundTrip(std::string_view bytes) {
  const std::string mark = "0123456789abcdef";
  if (bytes.find(mark) != std::string_view::npos) return;
  const InthingForm form =
      Parse("multipart/form-data; boundary=" + mark,
            "--" + mark +
                "\r\nContent-Disposition: form-data; name=\"image\"; "
                "filename=\"a.png\"\r\n\r\n" +
                std::string(bytes) + "\r\n--" + mark + "--\r\n");
  CHECK(form.image() != nullptr);
  CHECK_EQ(form.image()->bytes, bytes);
}

}  // namespace
}  // namespace sluice::sandbox

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::sandbox;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string_view body = input.substr(std::min(end + 1, input.size()));
  const InthingForm form =
      Parse(std::string(input.substr(0, end)), std::string(body));
  for (const char* name : {"stream", "title", "text"}) {
    CHECK_LE(form.Get(name).size(), size);
  }
  if (form.image() != nullptr) CHECK_LE(form.image()->bytes.size(), size);
  CheckRoundTrip(body);
  return 0;
}
