// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/html.hpp"

#include <string>

#include <gtest/gtest.h>

namespace wakepath::report {
namespace {

std::string written(void (*write)(Html& html)) {
  fmt::memory_buffer out;
  Html html(out);
  write(html);
  return fmt::to_string(out);
}

TEST(Html, WritesElementsWithAttributesAndText) {
  EXPECT_EQ(written([](Html& html) {
              html.open("p").attr("class", "quiet").attr("data-ns", 12).text("one");
              html.leaf("br").element("b", "two").close();
            }),
            R"(<p class="quiet" data-ns="12">one<br/><b>two</b></p>)");
}

TEST(Html, KeepsNamesText) {
  EXPECT_EQ(escape_html("</script><img src=x onerror='a()'>&\""),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;");
  EXPECT_EQ(written([](Html& html) { html.open("a").attr("title", "\"><b>").text("<i>").close(); }),
            R"(<a title="&quot;&gt;&lt;b&gt;">&lt;i&gt;</a>)");
}

TEST(Html, ShowsWhatWouldHideOrTurnText) {
  EXPECT_EQ(escape_html("a\xe2\x80\xae"
                        "b\x1b[31m\n\xff"),
            R"(a\xe2\x80\xaeb\x1b[31m\x0a\xff)");
}

TEST(Html, KeepsTheLinesOfItsOwnLayout) {
  EXPECT_EQ(written([](Html& html) { html.open("pre").lines("a<\nb\n").close(); }),
            "<pre>a&lt;\nb\n</pre>");
}

TEST(Html, CutsALongNameInTheMiddleAndKeepsAllOfItInTheTitle) {
  fmt::memory_buffer out;
  Html html(out);
  const std::string name = "begin" + std::string(4000, '<') + "end";
  html.name(name, 9);
  EXPECT_EQ(fmt::to_string(out), "<span class=\"cut\" title=\"" + escape_html(name) + "\">begi…" +
                                     escape_html("<") + "end</span>");
}

TEST(Html, UnfoldsASentenceWithAHugeName) {
  fmt::memory_buffer out;
  Html html(out);
  html.sentence("held up by " + std::string(5000, 'x') + " on CPU 1");
  const std::string text = fmt::to_string(out);
  EXPECT_TRUE(text.starts_with("<details class=\"long\"><summary>held up by xxx")) << text;
  EXPECT_TRUE(text.ends_with("xxx on CPU 1</p></details>")) << text;
}

TEST(Html, WritesCoordinatesAHundredthFine) {
  EXPECT_EQ(written([](Html& html) {
              html.leaf("rect").attr("x", 1.0).attr("y", 2.504).attr("r", -0.001).text("");
            }),
            R"(<rect x="1" y="2.5" r="0"/>)");
}

}  // namespace
}  // namespace wakepath::report
