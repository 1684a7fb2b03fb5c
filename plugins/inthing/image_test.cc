#include "plugins/inthing/image.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

const std::string kPng = "\x89PNG\r\n\x1A\n...";

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(ImageTest, TellsTheFormatFromTheBytes) {
  const auto type = [](std::string bytes) {
    const auto image = MakeImage(std::move(bytes), "x");
    return image.ok() ? image->media_type + " " + image->file_name
                      : std::string(image.status().message());
  };
  EXPECT_EQ(type("\xFF\xD8\xFF\xE0"), "image/jpeg x.jpg");
  EXPECT_EQ(type(kPng), "image/png x.png");
  EXPECT_EQ(type("GIF89a"), "image/gif x.gif");
  EXPECT_EQ(type("RIFF1234WEBP"), "image/webp x.webp");
  EXPECT_EQ(type("BM1234"), "image/bmp x.bmp");
  EXPECT_EQ(type(std::string("II*\0", 4)), "image/tiff x.tif");
  EXPECT_EQ(type(""), "the image is empty");
  EXPECT_EQ(type("<svg>").find("is no image"), 0);
}

TEST(ImageTest, MakesASafeNameThatFits) {
  const auto name = [](std::string_view given) {
    return MakeImage(kPng, given)->file_name;
  };
  EXPECT_EQ(name("/a/b/pic.png"), "pic.png");
  EXPECT_EQ(name("PIC.PNG"), "PIC.PNG");
  EXPECT_EQ(name("photo.jpg"), "photo.png");
  EXPECT_EQ(name("a\"b\r\n\xC3\xA9.png"), "a_b____.png");
  EXPECT_EQ(name(""), "image.png");
  EXPECT_LE(name(std::string(500, 'x')).size(), 100u);
  EXPECT_EQ(MakeImage("\xFF\xD8\xFF", "a.jpeg")->file_name, "a.jpeg");
}

TEST(ImageTest, ReadsAFile) {
  const auto image = ReadImage(WriteFile("red.jpeg", kPng));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->file_name, "red.png");
  EXPECT_EQ(image->bytes, kPng);
}

TEST(ImageTest, SaysWhyAFileCannotBeUsed) {
  const auto error = [](const std::string& path, size_t most = 100) {
    const absl::Status status = ReadImage(path, most).status();
    EXPECT_EQ(ErrorClassOf(status), v1::Error::IO) << status;
    EXPECT_NE(status.message().find(path), std::string::npos) << status;
    return status.code();
  };
  EXPECT_EQ(error(testing::TempDir() + "/none.png"),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(error(testing::TempDir()), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error(WriteFile("empty.png", "")),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error(WriteFile("text.png", "text")),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error(WriteFile("large.png", kPng + std::string(100, 'x'))),
            absl::StatusCode::kOutOfRange);
  const std::string pipe = testing::TempDir() + "/pipe.png";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error(pipe), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::inthing
