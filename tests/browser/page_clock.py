"""Time in a page: it passes only when the test says so."""

from __future__ import annotations

from playwright.sync_api import Page, expect

#: Notes when the page sends a request, and counts on the html element the answers that
#: it has dealt with.
COUNT_ANSWERS = """
const send = XMLHttpRequest.prototype.send;
const opened = Date.now();
window.requestTimes = [];
XMLHttpRequest.prototype.send = function () {
  window.requestTimes.push(Date.now() - opened);
  this.addEventListener('loadend', () => {
    const html = document.documentElement;
    html.dataset.answers = Number(html.dataset.answers || 0) + 1;
  });
  return send.apply(this, arguments);
};
"""


def stop_clock(page: Page) -> None:
    """Stop the clock of the pages that are opened from now on."""
    page.clock.install(time=0)
    page.clock.pause_at(1_000)


def count_answers(page: Page) -> None:
    """Count the answers to what is opened from now on."""
    page.add_init_script(COUNT_ANSWERS)


def wait_for_answers(page: Page, count: int) -> None:
    """Wait until the page has dealt with so many answers; its timers are set then."""
    expect(page.locator("html")).to_have_attribute("data-answers", str(count))


def run_until_answered(page: Page, milliseconds: int) -> None:
    """Run the clock until the page has asked, and wait for the answer."""
    before = int(page.locator("html").get_attribute("data-answers") or 0)
    page.clock.run_for(milliseconds)
    wait_for_answers(page, before + 1)
