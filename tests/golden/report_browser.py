#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The report of a recording with hostile names, in Chromium: no message, no request, all of it by the keys.

Exit code 77 where there is no Chromium (scripts/setup --browser installs it). WAKEPATH is the program. WAKEPATH_AXE is axe-core's
axe.min.js; without it that which scripts/setup --browser installed is taken, and where there is none axe-core is left out.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("WAKEPATH", "wakepath")
sys.path.append("/usr/lib/python3/dist-packages")  # where Debian's python3-selenium is, whichever python3 comes first
try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("skipped: python3-selenium is not installed")
    sys.exit(77)
from report_page import SCRIPT, hostile_recording  # noqa: E402

PROGRAM = os.environ["WAKEPATH"]
FIRST_PAINT_MS = 2000
AXE = pathlib.Path(os.environ.get("WAKEPATH_AXE") or
                   pathlib.Path(__file__).resolve().parents[2] / "build/axe/node_modules/axe-core/axe.min.js")
AXE_SECONDS = 120


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def open_browser(scripts=True):
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900", "--disable-background-networking"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 1 if scripts else 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def requests_of(browser):
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]


def check_keys(browser):
    """Tab reaches every link, button, box and drawing, in their order, and each shows that it has the focus."""
    browser.execute_script("""
      window.wanted = Array.from(document.querySelectorAll("a[href], button, input, summary, [tabindex]"))
        .filter((element) => element.getClientRects().length !== 0 && !element.closest("details:not([open]) > :not(summary)"));
      window.reached = new Set(); window.blind = [];
      document.addEventListener("focusin", (event) => {
        window.reached.add(event.target);
        const style = getComputedStyle(event.target);
        const inner = event.target.querySelector ? event.target.querySelector("circle") : null;
        if (style.outlineStyle === "none" && !(inner && getComputedStyle(inner).strokeWidth === "3px")) {
          window.blind.push(event.target.outerHTML.slice(0, 200));
        }
      });""")
    count = browser.execute_script("return window.wanted.length")
    body = browser.find_element(By.TAG_NAME, "body")
    for _ in range(count // 50 + 2):
        webdriver.ActionChains(browser).send_keys(Keys.TAB * 50).perform()
    left = browser.execute_script("return window.wanted.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 200))")
    check(not left, f"Tab does not reach {len(left)} of {count}: {left[:3]}")
    blind = browser.execute_script("return window.blind")
    check(not blind, f"{len(blind)} do not show that they have the focus: {blind[:3]}")
    check(body is not None and count > 50, f"{count} places to reach")


def check_scripts(browser):
    said = lambda: browser.find_element(By.ID, "said").text  # noqa: E731
    heads = browser.find_elements(By.CSS_SELECTOR, "#path-table thead button")
    check(len(heads) == 9, f"{len(heads)} heads to sort by")
    heads[3].click()
    heads[3].click()
    counts = [int(cell.text) for cell in browser.find_elements(By.CSS_SELECTOR, "#path-table tbody td:nth-child(4)")]
    check(counts == sorted(counts), f"sorted by count: {counts}")
    box = browser.find_element(By.CSS_SELECTOR, "#worst .filterbox input")
    box.send_keys("nothing has this")
    check("0 of 20 rows" in said(), said())
    box.clear()
    box.send_keys("#")
    check("20 of 20 rows" in said(), said())
    button = browser.find_element(By.CSS_SELECTOR, "button.copy")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    time.sleep(0.2)
    check(said().startswith(("Copied: ", "Selected")), said())
    drawing = browser.find_element(By.CSS_SELECTOR, ".wake .drawing")
    svg = drawing.find_element(By.TAG_NAME, "svg")
    before = float(svg.get_attribute("width"))
    stage = svg.find_element(By.CSS_SELECTOR, ".stage")
    wide = float(stage.get_attribute("width"))
    browser.execute_script("arguments[0].focus()", drawing)
    webdriver.ActionChains(browser).send_keys("+").perform()
    check(abs(float(stage.get_attribute("width")) - 2 * wide) < 0.1, "it does not zoom")
    check(float(svg.get_attribute("width")) > 1.8 * before, "it does not grow")
    webdriver.ActionChains(browser).send_keys("0").perform()
    check(float(svg.get_attribute("width")) == before, "it does not shrink back")
    webdriver.ActionChains(browser).send_keys(".").perform()
    check("CPU 0" in said() or "task" in said() or ":" in said(), f"the keys choose nothing: {said()!r}")


def check_contrast(browser):
    """WCAG AA: of each text against what lies behind it, in light and dark."""
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        worst = browser.execute_script("""
          const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
          const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; })
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
          const behind = (element) => {
            for (let at = element; at; at = at.parentElement) {
              const color = parse(getComputedStyle(at).backgroundColor);
              if (color.length === 3 || color[3] > 0) { return color; }
            }
            return [255, 255, 255];
          };
          let worst = [99, ""];
          for (const element of document.querySelectorAll("body *")) {
            const own = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || element.tagName === "title" || element.tagName === "SCRIPT" || element.getClientRects().length === 0) { continue; }
            const style = getComputedStyle(element);
            let found;
            if (element.tagName === "text" && element.classList.contains("label")) {
              const rect = element.previousElementSibling;
              found = ratio(parse(style.fill), parse(getComputedStyle(rect).fill));
            } else {
              found = ratio(parse(element.tagName === "text" ? style.fill : style.color), behind(element));
            }
            if (found < worst[0]) { worst = [found, element.outerHTML.slice(0, 200)]; }
          }
          return worst;""")
        check(worst[0] >= 4.5, f"{scheme}: contrast {worst[0]:.2f} of {worst[1]}")


def check_axe(url, name):
    """axe-core finds nothing serious, in light and dark, with all that can be opened open. DevTools run it: the page's policy would not."""
    browser = open_browser()
    try:
        browser.get(url)
        browser.set_script_timeout(AXE_SECONDS)
        browser.execute_script(AXE.read_text(encoding="utf-8"))
        browser.execute_script("for (const each of document.querySelectorAll('details')) { each.open = true; }")
        for scheme in ("light", "dark"):
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            found = browser.execute_async_script("""
              const done = arguments[0];
              const words = (rule) => `${rule.impact}: ${rule.id}: ${rule.help}: ${rule.nodes.length} of them: `
                + rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" ");
              axe.run(document, {resultTypes: ["violations"]}).then(
                (result) => done({wrong: result.violations.filter((rule) => ["serious", "critical"].includes(rule.impact)).map(words),
                                  other: result.violations.length, passed: result.passes.map((rule) => rule.id)}),
                (error) => done({wrong: [String(error)], other: 0, passed: []}));""")
            check(not found["wrong"], f"{name}, {scheme}: axe-core: {found['wrong']}")
            check({"color-contrast", "button-name", "document-title"} <= set(found["passed"]), f"{name}: axe-core looked at {found['passed']}")
            print(f"{name}, {scheme}: axe-core: nothing serious, {found['other']} lesser; {len(found['passed'])} rules hold")
    finally:
        browser.quit()


def check_page(url):
    browser = open_browser()
    try:
        list(requests_of(browser))  # of the browser's own start
        browser.get(url)
        paint = browser.execute_script("return performance.getEntriesByType('paint').map((one) => one.startTime)[0]")
        check(paint is not None and paint < FIRST_PAINT_MS, f"first paint after {paint} ms")
        check(browser.title == "Wake latency: hostile.wkp", browser.title)
        check(SCRIPT in browser.find_element(By.ID, "losses").text, "a name is no text")
        check(len(browser.find_elements(By.CSS_SELECTOR, "main img, main b, main script")) == 0, "a name became an element")
        check(browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), "it is wider than its window")
        check_scripts(browser)
        check_keys(browser)
        check_contrast(browser)
        browser.get(url + "#" + browser.find_element(By.CSS_SELECTOR, "article").get_attribute("id"))
        check(browser.execute_script("return scrollY") > 500, "a deep link leads nowhere")
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False})
        check(browser.execute_script("return document.documentElement.scrollWidth") <= 400, "a narrow window scrolls sideways")
        messages = browser.get_log("browser")
        check(not messages, f"the console says {messages}")
        asked = {one for one in requests_of(browser) if one.split("#")[0] != url}
        check(not asked, f"it asks for {asked}")
    finally:
        browser.quit()


def check_without_scripts(url):
    browser = open_browser(scripts=False)
    try:
        browser.get(url)
        check(not [one for one in browser.find_elements(By.CSS_SELECTOR, "button, .filterbox") if one.is_displayed()], "a button that does nothing")
        check(browser.find_element(By.CSS_SELECTOR, ".wake .stage").is_displayed(), "no wake is shown")
    finally:
        browser.quit()


def main():
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        print("skipped: chromium and chromium-driver are not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "hostile.wkp").write_bytes(hostile_recording())
        subprocess.run([PROGRAM, "report", work / "hostile.wkp", "-o", work / "report.html"], check=True, capture_output=True)
        url = (work / "report.html").as_uri()
        check_page(url)
        check_without_scripts(url)
        if not AXE.exists():
            print("axe-core is not there: left out")
            return
        (work / "before.wkp").write_bytes(hostile_recording(300))
        (work / "after.wkp").write_bytes(hostile_recording(300, 50_000))
        done = subprocess.run([PROGRAM, "report", work / "before.wkp", work / "after.wkp", "-o", work / "changed.html"],
                              check=False, capture_output=True)
        check(done.returncode in (0, 1), f"report of two: {done.stderr.decode()}")  # 1: it is worse
        check_axe(url, "one recording")
        check_axe((work / "changed.html").as_uri(), "two recordings")


if __name__ == "__main__":
    main()
