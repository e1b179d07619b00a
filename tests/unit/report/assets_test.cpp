// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/assets.hpp"

#include <gtest/gtest.h>

namespace wakepath::report {
namespace {

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
