// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "present/finding_ndjson.hpp"
#include "present/finding_text.hpp"

namespace wakepath::present {
namespace {

Finding sample() {
  Finding finding;
  finding.rule = "some_rule";
  finding.severity = Severity::warning;
  finding.confidence = Confidence::look;
  finding.subject.vm = "web1";
  finding.subject.vm_pid = 95;
  finding.subject.cpus = "4";
  finding.text = "a \x1b[2J text";
  finding.evidence = {{"name", "x"}, {"count", std::uint64_t{3}}, {"polls", {}}, {"lossy", true}};
  finding.fixes = {{"do this", "undo it", "may take long"}, {"", "", "or do nothing"}};
  return finding;
}

TEST(FindingOutput, TextNamesEachFixAndItsNote) {
  fmt::memory_buffer out;
  append_finding(sample(), 10, out);
  EXPECT_EQ(fmt::to_string(out),
            "warning  some_rule   a \\x1b[2J text\n"
            "                     fix: do this\n"
            "                     note: may take long\n"
            "                     note: or do nothing\n");
}

TEST(FindingOutput, NdjsonHasTheFieldsThatWereThereFirstBesideTheNewOnes) {
  fmt::memory_buffer out;
  finding_json(sample(), out);
  EXPECT_EQ(fmt::to_string(out),
            R"({"type":"finding","severity":"warning","rule":"some_rule","confidence":"look",)"
            R"("cpu":4,"cpus":"4","vm":"web1","vm_pid":95,"vcpu":null,"text":"a \u001b[2J text",)"
            R"("evidence":{"name":"x","count":3,"polls":null,"lossy":true},"fix":"do this",)"
            R"("subject":{"vm":"web1","vm_pid":95,"vcpu":null,"cpu":4,"cpus":"4","tid":null,)"
            R"("comm":null,"irq":null,"device":null},"effect":null,"fixes":[{"command":"do this",)"
            R"("undo":"undo it","note":"may take long"},{"command":null,"undo":null,)"
            R"("note":"or do nothing"}]})"
            "\n");
}

TEST(FindingOutput, SaysWhereACommandMendsNothing) {
  Finding finding = sample();
  finding.fixes[0].look = true;
  fmt::memory_buffer out;
  append_finding(finding, 10, out);
  finding_json(finding, out);
  const std::string text = fmt::to_string(out);
  EXPECT_NE(text.find("                     look: do this\n"), std::string::npos);
  EXPECT_EQ(text.find("fix: do this"), std::string::npos);
  EXPECT_NE(text.find(R"("note":"may take long","look":true})"), std::string::npos);
}

TEST(FindingOutput, AnEffectOfWhichSomethingIsKnownIsTold) {
  Finding finding = sample();
  finding.effect.p99_ns = 12;
  fmt::memory_buffer out;
  finding_json(finding, out);
  EXPECT_NE(fmt::to_string(out).find(R"("p99_ns":12,"p99_without_ns":null)"), std::string::npos);
}

TEST(FindingOutput, InASentenceTheNoteStandsInBrackets) {
  EXPECT_EQ(fix_phrase({"do this", "", "may take long"}), "do this (may take long)");
  EXPECT_EQ(fix_phrase({"", "", "nothing helps"}), "nothing helps");
}

}  // namespace
}  // namespace wakepath::present
