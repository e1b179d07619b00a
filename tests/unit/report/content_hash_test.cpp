// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/content_hash.hpp"

#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "report/assets.hpp"

namespace wakepath::report {
namespace {

std::string hex(std::string_view text) {
  return fmt::format("{:02x}", fmt::join(sha256(text), ""));
}

// FIPS 180-4's examples, and lengths around the end of a block.
TEST(ContentHash, IsTheSha256OfFips180) {
  EXPECT_EQ(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(hex(std::string(55, 'a')),
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(hex(std::string(56, 'a')),
            "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  EXPECT_EQ(hex(std::string(64, 'a')),
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST(ContentHash, IsWrittenAsAPolicyWantsIt) {
  EXPECT_EQ(content_hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

// An end tag in them would end them, and a request would be refused by the page's own policy.
TEST(Assets, CanStandInAPage) {
  for (const std::string_view text : {page_style(), page_script()}) {
    EXPECT_GT(text.size(), 1000U);
    EXPECT_EQ(text.find("</"), std::string_view::npos);
    EXPECT_EQ(text.find("<!--"), std::string_view::npos);
    EXPECT_EQ(text.find("http"), std::string_view::npos);
    EXPECT_EQ(text.find("url("), std::string_view::npos);
    EXPECT_EQ(text.find("@import"), std::string_view::npos);
  }
  for (const std::string_view call : {"innerHTML", "outerHTML", "insertAdjacentHTML", "eval(",
                                      "document.write", "Function(", "setAttribute(\"style\""}) {
    EXPECT_EQ(page_script().find(call), std::string_view::npos) << call;
  }
}

}  // namespace
}  // namespace wakepath::report
