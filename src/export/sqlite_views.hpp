// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace wakepath::exports {

// The usual questions. A percentile is the least total that so many of the wakes do not exceed.
inline constexpr const char* kViews = R"(
CREATE VIEW latency AS
WITH ranked AS (
  SELECT vm, vm_pid, vcpu, path, total, total_ns,
         row_number() OVER (PARTITION BY vm, vm_pid, vcpu, path, total ORDER BY total_ns) AS n,
         count(*) OVER (PARTITION BY vm, vm_pid, vcpu, path, total) AS wakes
  FROM wakes WHERE total IS NOT NULL)
SELECT vm, vm_pid, vcpu, path, total, wakes, min(total_ns) AS min_ns,
       max(CASE WHEN n = (wakes * 500 + 999) / 1000 THEN total_ns END) AS p50_ns,
       max(CASE WHEN n = (wakes * 900 + 999) / 1000 THEN total_ns END) AS p90_ns,
       max(CASE WHEN n = (wakes * 990 + 999) / 1000 THEN total_ns END) AS p99_ns,
       max(CASE WHEN n = (wakes * 999 + 999) / 1000 THEN total_ns END) AS p999_ns,
       max(total_ns) AS max_ns, sum(total_ns) AS sum_ns
FROM ranked GROUP BY vm, vm_pid, vcpu, path, total;

CREATE VIEW steps AS
SELECT wake, vm, vm_pid, vcpu, path, stage, name, stages.ns, stages.begin_ns, stages.end_ns,
       stages.cpu, actor
FROM stages JOIN wakes USING (wake);

CREATE VIEW stage_latency AS
SELECT total, name, count(*) AS stages, min(ns) AS min_ns, avg(ns) AS mean_ns, max(ns) AS max_ns,
       sum(ns) AS sum_ns
FROM stages JOIN wakes USING (wake) WHERE total IS NOT NULL GROUP BY total, name
ORDER BY sum_ns DESC;

CREATE VIEW culprits AS
WITH of_wakes AS (
  SELECT total, kind, what, blame.tid, irq, device, wake, sum(ns) AS ns
  FROM blame JOIN wakes USING (wake) WHERE total IS NOT NULL
  GROUP BY total, kind, what, blame.tid, irq, device, wake)
SELECT total, kind, what, tid, irq, device, sum(ns) AS ns, count(*) AS wakes, max(ns) AS worst_ns
FROM of_wakes GROUP BY total, kind, what, tid, irq, device ORDER BY ns DESC;

CREATE VIEW slowest AS
SELECT wake, time, vm, vm_pid, vcpu, path, total, total_ns,
       (SELECT name FROM stages WHERE stages.wake = wakes.wake ORDER BY ns DESC LIMIT 1) AS stage,
       (SELECT kind || coalesce('(' || what || ')', '') FROM blame WHERE blame.wake = wakes.wake
        ORDER BY ns DESC LIMIT 1) AS who
FROM wakes WHERE total IS NOT NULL ORDER BY total_ns DESC;
)";

}  // namespace wakepath::exports
