// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/escape.hpp"

#include <gtest/gtest.h>

#include <string>

#include "util/utf8.hpp"

namespace wakepath {
namespace {

using namespace std::string_literals;

TEST(EscapeTerminal, LeavesPlainTextAlone) {
  EXPECT_EQ(escape_terminal(""), "");
  EXPECT_EQ(escape_terminal("CPU 0/KVM"), "CPU 0/KVM");
  EXPECT_EQ(escape_terminal("Grüße 東京 🚀"), "Grüße 東京 🚀");
}

TEST(EscapeTerminal, StopsEscapeSequences) {
  EXPECT_EQ(escape_terminal("\x1b[2Jgone"), "\\x1b[2Jgone");
  EXPECT_EQ(escape_terminal("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(escape_terminal("a\rb\nc\td\x7f"), "a\\x0db\\x0ac\\x09d\\x7f");
  EXPECT_EQ(escape_terminal("a\0b"s), "a\\x00b");
}

TEST(EscapeTerminal, StopsC1ControlsAsBytesAndAsUtf8) {
  EXPECT_EQ(escape_terminal("\x9b"
                            "2J"),
            "\\x9b2J");
  EXPECT_EQ(escape_terminal("\xc2\x9b"
                            "2J"),
            "\\xc2\\x9b2J");
}

TEST(EscapeTerminal, StopsDirectionOverridesAndInvisibles) {
  EXPECT_EQ(escape_terminal("\u202e"), "\\xe2\\x80\\xae");
  for (const std::string text :
       {"\u202a", "\u202b", "\u202c", "\u202d", "\u2066", "\u2067", "\u2068", "\u2069", "\u200b",
        "\u200f", "\u2028", "\ufeff", "\u061c"}) {
    EXPECT_EQ(escape_terminal(text).substr(0, 2), "\\x");
  }
  EXPECT_EQ(escape_terminal("\U000e0041"), "\\xf3\\xa0\\x81\\x81");
}

TEST(EscapeTerminal, NoNameIsACommandToTheLogOfACi) {
  EXPECT_EQ(escape_terminal("::stop-commands::x"), "\\x3a:stop-commands::x");
  EXPECT_EQ(escape_terminal("vm ::add-mask::x"), "vm \\x3a:add-mask::x");
  EXPECT_EQ(escape_terminal("\u00a0::error::x"), "\u00a0\\x3a:error::x");
  EXPECT_EQ(escape_terminal(":::x"), "\\x3a::x");
  EXPECT_EQ(escape_terminal("a##[add-mask]x"), "a##\\x5badd-mask]x");
  EXPECT_EQ(escape_terminal("std::less: a:b [x] ## ::"), "std::less: a:b [x] ## \\x3a:");
  EXPECT_EQ(escape_terminal("ip=::::host [::1]:5900"), "ip=::::host [::1]:5900");
}

TEST(EscapeTerminal, ShowsInvalidUtf8AsBytes) {
  EXPECT_EQ(escape_terminal("\xff"), "\\xff");
  EXPECT_EQ(escape_terminal("\xc0\x80"), "\\xc0\\x80");                    // overlong NUL
  EXPECT_EQ(escape_terminal("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong slash
  EXPECT_EQ(escape_terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(escape_terminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(escape_terminal("\xe2\x82"), "\\xe2\\x82");                    // cut
  EXPECT_EQ(escape_terminal("\xe2\x82z"), "\\xe2\\x82z");
}

TEST(EscapeJson, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(escape_json("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(escape_json("\n\r\t\x01\x1b"), "\\n\\r\\t\\u0001\\u001b");
  EXPECT_EQ(escape_json("a\0b"s), "a\\u0000b");
  EXPECT_EQ(escape_json("東京"), "東京");
}

TEST(EscapeJson, KeepsDisturbingCharactersAsNumbers) {
  EXPECT_EQ(escape_json("\u202e\u2066\x7f\xc2\x9b"), "\\u202e\\u2066\\u007f\\u009b");
  EXPECT_EQ(escape_json("\U000e0041"), "\\udb40\\udc41");
}

TEST(EscapeJson, ReplacesInvalidBytes) {
  EXPECT_EQ(escape_json("a\xff"
                        "b"),
            "a\ufffd"
            "b");
  EXPECT_EQ(escape_json("\xc0\x80"), "\ufffd\ufffd");
}

TEST(EscapePathComponent, FoldsNumbersAndKeepsTheShapeReadable) {
  EXPECT_EQ(escape_path_component("virtio12-rx.0"), "virtio*-rx.*");
  EXPECT_EQ(escape_path_component("kworker/1:2-mm_"), "kworker/*:*-mm_");
  EXPECT_EQ(escape_path_component("2024"), "*");
  EXPECT_EQ(escape_path_component("a>b(c)\\"), "a\\x3eb\\x28c\\x29\\x5c");
  EXPECT_EQ(escape_path_component("x\x1b"
                                  "1\n"),
            "x\\x1b*\\x0a");
  EXPECT_EQ(escape_path_component("\xff"
                                  "7"),
            "\\xff*");
}

TEST(EscapePathComponent, KeepsTheNumbersOfFunctionsOnRequest) {
  EXPECT_EQ(escape_path_component("tcp_v4_rcv", Digits::keep), "tcp_v4_rcv");
  EXPECT_EQ(escape_path_component("f1(2)", Digits::keep), "f1\\x282\\x29");
}

TEST(Utf8, KnowsTheEdges) {
  EXPECT_EQ(next_code_point("\x7f").value, 0x7fU);
  EXPECT_EQ(next_code_point("\xc2\x80").value, 0x80U);
  EXPECT_EQ(next_code_point("\xed\x9f\xbf").value, 0xd7ffU);
  EXPECT_EQ(next_code_point("\xf4\x8f\xbf\xbf").value, 0x10ffffU);
  EXPECT_FALSE(next_code_point("\x80").valid);
  EXPECT_EQ(next_code_point("\x80").bytes, 1U);
}

}  // namespace
}  // namespace wakepath
