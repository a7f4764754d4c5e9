/* Flask-Antom: writes times in the buyer's own time zone (ANTOM_TIME_ZONE "buyer").
 *
 * What the server wrote stays where a browser cannot.
 */
(function () {
  'use strict';

  var STYLE = {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short'
  };

  function write(time) {
    // English is read outside of America too, so the day comes first.
    var language = time.getAttribute('data-antom-time').replace(/^en$/, 'en-GB');
    try {
      time.textContent = new Intl.DateTimeFormat(language, STYLE)
        .format(new Date(time.getAttribute('datetime')));
    } catch (error) { /* An old browser, or no such language. */ }
  }

  [].forEach.call(document.querySelectorAll('[data-antom-time]'), write);
}());
