"""Plays a journey: opens its shop and a browser, and stops where the buyer reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, WebError

from flask_antom.i18n import translations
from flask_antom.simulator import Simulator
from tests.browser.conftest import PATIENCE
from tests.browser.journeys.ends import End
from tests.browser.journeys.journeys import JOURNEYS
from tests.browser.journeys.runs import DEVICES, Run
from tests.browser.journeys.shop import JourneyShop, open_journey_shop
from tests.browser.journeys.stops import wait_for
from tests.browser.journeys.trip import Tab, Trip
from tests.browser.real_sdk.antom_hosts import AntomHosts

#: What moves by itself. The browser does not count what follows a click within half a
#: second. A click in Antom's frame is known by the message or the change of the frame
#: that follows: what moves then is the SDK's own.
WATCH_SHIFTS = """
window.shifts = [];
const now = performance.now.bind(performance);
let heard = -Infinity;
const hear = () => { heard = now(); };
const hasFrame = ({ nodeName, children }) =>
  nodeName === 'IFRAME' || [...children || []].some(hasFrame);
addEventListener('message', hear, true);
// Whoever comes back has seen another page in between: nothing moves before their eyes.
addEventListener('pageshow', event => { if (event.persisted) hear(); }, true);
new MutationObserver(records => {
  if (records.some(({ target, addedNodes, removedNodes }) =>
    target.nodeName === 'IFRAME' || [...addedNodes, ...removedNodes].some(hasFrame))) {
    hear();
  }
}).observe(document, { childList: true, subtree: true, attributeFilter: ['style'] });
const isOfClick = entry =>
  entry.hadRecentInput || Math.abs(entry.startTime - heard) < 500;
const note = entries => entries.filter(entry => !isOfClick(entry)).forEach(entry =>
  shifts.push(...entry.sources.map(({ node, previousRect, currentRect }) => {
    const [from, to] = [previousRect, currentRect].map(rect => Math.round(rect.top));
    const what = node && (node.outerHTML || node.data);
    return `${Math.round(entry.startTime)} ms, ${from} to ${to} px: ${what}`;
  })));
const observer = new PerformanceObserver(list => note(list.getEntries()));
observer.observe({ type: 'layout-shift', buffered: true });
window.allShifts = async () => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  note(observer.takeRecords());
  return shifts;
};
"""

#: The SDK misses what its tracker would set.
SDK = "ams-checkout"

#: The browser tells each answer with an error; the pages deal with it.
EXPECTED = "Failed to load resource"


@dataclass
class Player:
    """A browser, and the simulator that journeys are played with.

    :param locale: the buyer's browser's.
    """

    browser: Browser
    simulator: Simulator
    gateway_url: str
    folder: Path
    locale: str = "en-US"

    @contextmanager
    def open(self, run: Run) -> Iterator[tuple[Trip, list[str]]]:
        """Open the shop and the buyer's first tab, and collect the errors of pages."""
        errors: list[str] = []
        with ExitStack() as stack:
            shop = stack.enter_context(self._open_shop(run))
            context = self.browser.new_context(
                locale=self.locale, **DEVICES[run.device]
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE)
            context.add_init_script(f"if (self === top) {{ {WATCH_SHIFTS} }}")
            context.on("weberror", partial(_note_error, errors))
            context.on("console", partial(_note_message, errors))
            hosts = AntomHosts(context, self.simulator, self.gateway_url)
            page = context.new_page()
            shop.reports.listen(page)
            tab = Tab(page, run.how, self._words(shop), touches=run.device == "phone")
            yield Trip(shop, self.simulator, hosts, tab), errors
            assert hosts.strays == []

    def _open_shop(self, run: Run) -> AbstractContextManager[JourneyShop]:
        return open_journey_shop(
            self.simulator,
            self.gateway_url,
            self.folder,
            run.how,
            has_turbo=run.style == "turbo",
        )

    def _words(self, shop: JourneyShop) -> translations.Words:
        headers = {"Accept-Language": self.locale}
        with shop.front.app.test_request_context(headers=headers):
            return translations.current()


Look = Callable[[Trip, End], None]


def play(trip: Trip, run: Run, look: Look) -> None:
    """Play a journey, and look around at each stop once its words are there."""
    stops = JOURNEYS[run.journey](trip)
    for end in run.ends:
        next(stops)
        wait_for(trip, end)
        look(trip, end)
    assert next(stops, "over") == "over"


def moved(page: Page) -> list[str]:
    """Return what has moved in the page by itself."""
    found: list[str] = page.evaluate("allShifts()")
    return found


def _note_error(errors: list[str], error: WebError) -> None:
    stack = f"{error.error}\n{error.error.stack}"
    is_of_turbo = "AbortError" in stack and "/turbo.js" in stack  # it gave up a visit
    if SDK not in stack and not is_of_turbo:
        errors.append(stack)


def _note_message(errors: list[str], message: ConsoleMessage) -> None:
    is_expected = EXPECTED in message.text or SDK in message.location["url"]
    if message.type == "error" and not is_expected:
        errors.append(message.text)
