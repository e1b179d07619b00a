// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/clean_lines.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace wakepath::foreign::text {
namespace {

constexpr std::string_view kPlain =
    "# tracer: nop\n"
    "       CPU 0/KVM-2046  [002] d... 500.000000: kvm_entry: vcpu 0\n"
    "          <idle>-0     [031] d.h. 500.000098: irq_handler_entry: irq=57 name=eth1\n"
    "          <idle>-0     [002] d... 500.000104: cpu_idle: state=1 cpu_id=2\n";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Read in pieces of `piece` bytes.
std::string cleaned(std::string_view text, std::size_t piece = 7) {
  CleanLines lines(std::make_unique<MemoryBytes>(text), dress_of(text));
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto got = lines.read(std::span(buffer).first(std::min(piece, buffer.size())));
    if (!got) {
      ADD_FAILURE() << got.error().message;
      return out;
    }
    if (*got == 0) {
      return out;
    }
    out.append(buffer.data(), *got);
  }
}

TEST(CleanLines, WhatAToolPrintedHasNoDress) {
  EXPECT_TRUE(dress_of(kPlain).none());
  EXPECT_EQ(cleaned(kPlain), kPlain);
  EXPECT_EQ(cleaned(kPlain, 4096), kPlain);
}

TEST(CleanLines, WebPages) {
  std::string page = replaced(std::string(kPlain), "<", "&lt;");
  page = replaced(page, ">", "&gt;");
  EXPECT_TRUE(dress_of(page).page);
  EXPECT_EQ(cleaned(page), kPlain);
  EXPECT_EQ(cleaned(replaced(page, "\n", "<br/>\n")), kPlain);
  // "&amp;lt;" is the text "&lt;", not "<".
  EXPECT_EQ(cleaned(page + "a &amp;lt; b\n"), std::string(kPlain) + "a &lt; b\n");
  EXPECT_EQ(cleaned(replaced(std::string(kPlain), "  ", " \xc2\xa0")), kPlain);
}

TEST(CleanLines, ColoursOfATerminal) {
  const std::string coloured =
      replaced(std::string(kPlain), "kvm_entry", "\x1b[01;31m\x1b[Kkvm_entry\x1b[m\x1b[K");
  EXPECT_TRUE(dress_of(coloured).colours);
  EXPECT_EQ(cleaned(coloured), kPlain);
}

TEST(CleanLines, MarksAtTheEndOfLines) {
  const std::string dollars = replaced(std::string(kPlain), "\n", "$\n");
  EXPECT_TRUE(dress_of(dollars).dollar);
  EXPECT_EQ(cleaned(dollars), kPlain);
  // One line alone that ends so: it is its own.
  const std::string one = replaced(std::string(kPlain), "name=eth1\n", "name=eth1$\n");
  EXPECT_FALSE(dress_of(one).dollar);
  EXPECT_EQ(cleaned(one), one);
}

TEST(CleanLines, TabsForSpaces) {
  const std::string tabs = replaced(std::string(kPlain), "  [0", "\t[0");
  EXPECT_TRUE(dress_of(tabs).tabs);
  EXPECT_EQ(cleaned(tabs), replaced(std::string(kPlain), "  [0", " [0"));
}

// Quoted, numbered and coloured at once. Line numbers stay those of the file.
TEST(CleanLines, SeveralAtOnce) {
  const std::string quoted = "> " + replaced(std::string(kPlain), "\n", "\n> ") + "\n";
  EXPECT_EQ(cleaned(quoted), std::string(kPlain) + "\n");
  EXPECT_EQ(cleaned(replaced(quoted, "<idle>", "&lt;idle&gt;")), std::string(kPlain) + "\n");
}

TEST(CleanLines, TheLastLineWithoutAnEnd) {
  const std::string cut = "> " + replaced(std::string(kPlain), "\n", "\n> ") + "cut";
  EXPECT_EQ(cleaned(cut), std::string(kPlain) + "cut");
}

TEST(CleanLines, IsThereAnEvent) {
  EXPECT_TRUE(has_events(kPlain));
  EXPECT_TRUE(has_events("[    1.0] # tracer: nop\n"));
  EXPECT_FALSE(has_events("a text\nof lines\n"));
  EXPECT_FALSE(has_events(""));
}

}  // namespace
}  // namespace wakepath::foreign::text
