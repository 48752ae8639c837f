/** Prices as people write them. */

/**
 * @param {number} amount
 * @param {string} currency ISO 4217
 * @param {string} locale
 */
export function formatMoney(amount, currency, locale) {
  try {
    // The short sign alone: a shop has one currency, and "US$" or "USD" beside every price is noise.
    return new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(amount);
  } catch {
    return `${amount.toLocaleString(locale)} ${currency}`; // a currency the browser does not know
  }
}

/**
 * The saving in whole per cent, or 0.
 * @param {number} price
 * @param {number | null | undefined} livePrice
 */
export function savingPercent(price, livePrice) {
  if (livePrice == null || livePrice >= price || price <= 0) return 0;
  return Math.round((1 - livePrice / price) * 100);
}
