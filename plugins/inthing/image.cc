#include "plugins/inthing/image.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "plugins/inthing/local_file.h"
#include "storage/base/status_macros.h"

namespace sluice::inthing {
namespace {

constexpr size_t kMaxFileName = 100;

struct Format {
  const char* media_type;
  const char* extension;
};

bool Has(std::string_view bytes, size_t at, std::string_view mark) {
  return bytes.size() >= at + mark.size() &&
         bytes.substr(at, mark.size()) == mark;
}

// By the marks at the start of each format (WHATWG MIME Sniffing, section 6.1;
// TIFF 6.0, section 2). Null: none of them.
const Format* FormatOf(std::string_view bytes) {
  using namespace std::literals;
  static constexpr Format kJpeg = {"image/jpeg", ".jpg"};
  static constexpr Format kPng = {"image/png", ".png"};
  static constexpr Format kGif = {"image/gif", ".gif"};
  static constexpr Format kWebp = {"image/webp", ".webp"};
  static constexpr Format kBmp = {"image/bmp", ".bmp"};
  static constexpr Format kTiff = {"image/tiff", ".tif"};
  if (Has(bytes, 0, "\xFF\xD8\xFF")) return &kJpeg;
  if (Has(bytes, 0, "\x89PNG\r\n\x1A\n")) return &kPng;
  if (Has(bytes, 0, "GIF87a") || Has(bytes, 0, "GIF89a")) return &kGif;
  if (Has(bytes, 0, "RIFF") && Has(bytes, 8, "WEBP")) return &kWebp;
  if (Has(bytes, 0, "BM")) return &kBmp;
  if (Has(bytes, 0, "II*\0"sv) || Has(bytes, 0, "MM\0*"sv)) return &kTiff;
  return nullptr;
}

bool HasExtension(const std::string& name, const Format& format) {
  const std::string lower = absl::AsciiStrToLower(name);
  return lower.ends_with(format.extension) ||
         (format.extension == std::string_view(".jpg") &&
          lower.ends_with(".jpeg")) ||
         (format.extension == std::string_view(".tif") &&
          lower.ends_with(".tiff"));
}

// What is safe inside the quotes of a header, with an extension that fits.
std::string FileName(std::string_view name, const Format& format) {
  name = name.substr(name.find_last_of('/') + 1);
  std::string safe;
  for (const char c : name) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                       c == '.' || c == '-' || c == '_' || c == ' ';
    safe.push_back(plain ? c : '_');
  }
  if (safe.empty()) safe = "image";
  if (HasExtension(safe, format) && safe.size() <= kMaxFileName) return safe;
  const size_t dot = safe.rfind('.');
  if (dot != std::string::npos && dot > 0) safe.resize(dot);
  if (safe.size() > kMaxFileName - 8) safe.resize(kMaxFileName - 8);
  return safe + format.extension;
}

}  // namespace

absl::StatusOr<Image> MakeImage(std::string bytes, std::string_view name,
                                size_t max_bytes) {
  if (bytes.empty()) return absl::InvalidArgumentError("the image is empty");
  if (bytes.size() > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the image has ",
                                                   bytes.size(), " bytes, but ",
                                                   max_bytes, " are allowed"));
  }
  const Format* format = FormatOf(bytes);
  if (format == nullptr) {
    return absl::InvalidArgumentError(
        "is no image of a known format; give JPEG, PNG, GIF, WebP, BMP or "
        "TIFF");
  }
  return Image{FileName(name, *format), format->media_type, std::move(bytes)};
}

absl::StatusOr<Image> ReadImage(const std::string& path, size_t max_bytes) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadLocalFile(path, max_bytes));
  absl::StatusOr<Image> image = MakeImage(std::move(bytes), path, max_bytes);
  if (image.ok()) return image;
  return FileError(absl::StatusCode::kInvalidArgument, path,
                   std::string(image.status().message()));
}

}  // namespace sluice::inthing
