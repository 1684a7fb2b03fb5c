#include "tools/sandbox/inthing/inthing_form.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

InthingForm ParseMultipart(
    const std::string& body,
    const std::string& type = "multipart/form-data; boundary=xyz") {
  return InthingForm::Parse(
      MakeRequest("POST", "/x?priority=1", {{"Content-Type", type}}, body));
}

TEST(InthingFormTest, ReadsAnEncodedForm) {
  const InthingForm form = InthingForm::Parse(
      MakeRequest("POST", "/x?format=json&title=query",
                  {{"Content-Type", "application/x-www-form-urlencoded"}},
                  "title=Hello%2C+W%C3%A9&text=&title=second"));
  EXPECT_EQ(form.Get("title"), "Hello, W\xC3\xA9");
  EXPECT_EQ(form.Find("text"), "");
  EXPECT_EQ(form.Find("password"), std::nullopt);
  EXPECT_EQ(form.Get("format"), "json");
  EXPECT_EQ(form.image(), nullptr);
}

// As the official client sends it, with the odd Content-Type of its image.
TEST(InthingFormTest, ReadsAFormInParts) {
  const InthingForm form = ParseMultipart(
      "--xyz\r\nContent-Disposition: form-data; "
      "name=\"title\"\r\n\r\na\r\nb\r\n"
      "--xyz\r\nContent-Disposition: form-data; name=\"image\"; "
      "filename=\"ph\xC3\xB6to %22q%22.jpg\"\r\n"
      "Content-Type: ('image/jpeg', None)\r\n\r\n\xFF\xD8\r\n--xy\0z\r\n"
      "--xyz--\r\n");
  EXPECT_EQ(form.Get("title"), "a\r\nb");
  EXPECT_EQ(form.Get("priority"), "1");
  ASSERT_NE(form.image(), nullptr);
  EXPECT_EQ(form.image()->name, "ph\xC3\xB6to \"q\".jpg");
}

TEST(InthingFormTest, KeepsBinaryFilesWhole) {
  const std::string bytes("\0\r\n--xy\r\n\xFF", 10);
  const InthingForm form = ParseMultipart(
      "--a b\r\ncontent-disposition: form-data; name=image; "
      "filename*=utf-8''ph%C3%B6to.png\r\n\r\n" +
          bytes + "\r\n--a b--",
      "multipart/form-data; boundary=\"a b\"");
  ASSERT_NE(form.image(), nullptr);
  EXPECT_EQ(form.image()->bytes, bytes);
  EXPECT_EQ(form.image()->name, "ph\xC3\xB6to.png");
}

TEST(InthingFormTest, WhatOnlyBeginsLikeADelimiterIsContent) {
  const std::string bytes = "a\r\n--xyzw\r\nb --xyz\r\n--xyz!";
  const InthingForm form = ParseMultipart(
      "preamble\r\n--xyz \t\r\nContent-Disposition: form-data; "
      "name=\"text\"\r\n\r\n" +
      bytes + "\r\n--xyz--\r\nepilogue");
  EXPECT_EQ(form.Get("text"), bytes);
}

TEST(InthingFormTest, ReadsParametersWithSemicolonsAndQuotes) {
  const InthingForm form = ParseMultipart(
      "--xyz\r\nContent-Disposition: form-data; filename=\"a;name=b\\\".png\""
      " ; NAME=image\r\ncontent-type:  (None, None) \r\n\r\nx\r\n--xyz--");
  ASSERT_NE(form.image(), nullptr);
  EXPECT_EQ(form.image()->name, "a;name=b\".png");
  EXPECT_EQ(form.image()->media_type, "(None, None)");
  EXPECT_EQ(form.image()->bytes, "x");
}

TEST(InthingFormTest, AFileThatWasNotChosenIsNone) {
  EXPECT_EQ(ParseMultipart("--xyz\r\nContent-Disposition: form-data; "
                           "name=\"image\"; filename=\"\"\r\nContent-Type: "
                           "application/octet-stream\r\n\r\n\r\n--xyz--")
                .image(),
            nullptr);
}

TEST(InthingFormTest, AnImageWithoutAFileNameIsAField) {
  const InthingForm form = ParseMultipart(
      "--xyz\r\nContent-Disposition: form-data; name=image\r\n\r\nx\r\n"
      "--xyz--");
  EXPECT_EQ(form.image(), nullptr);
  EXPECT_EQ(form.Get("image"), "x");
}

TEST(InthingFormTest, ABodyThatIsCutKeepsWhatIsThere) {
  EXPECT_EQ(ParseMultipart("--xyz\r\nContent-Disposition: form-data; "
                           "name=title\r\n\r\nhalf of i")
                .Get("title"),
            "half of i");
}

TEST(InthingFormTest, ReadsNothingFromBrokenParts) {
  for (const char* body :
       {"", "--xyz", "--xyz\r\n", "--xyz\r\nno colon\r\n\r\nx\r\n--xyz--",
        "--other\r\n\r\n",
        "--xyz\r\nContent-Disposition: form-data\r\n\r\nx"}) {
    EXPECT_EQ(ParseMultipart(body).Find("title"), std::nullopt) << body;
  }
}

}  // namespace
}  // namespace sluice::sandbox
