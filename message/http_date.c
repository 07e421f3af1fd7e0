/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The C library's own functions follow the locale, or take a lock for the time zone; what is needed
 * of the calendar is two formulas. The day of the week that a date names is not compared with its
 * date: it adds nothing, and nobody else does.
 */
#include "message/http_date.h"

#define DAY INT64_C(86400)

static const char day_names[7][10] = { "Thursday", "Friday", "Saturday", "Sunday", "Monday",
	"Tuesday", "Wednesday" }; /* 1970 began on the first */
static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	"Sep", "Oct", "Nov", "Dec" };

struct moment {
	int64_t year;
	unsigned month, day, hour, minute, second; /* month from 1 */
};

/* Days since 1970 of a day of the Gregorian calendar: years begin in March, so that the leap day is
 * their last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct moment moment_of(int64_t seconds)
{
	int64_t days = (seconds >= 0 ? seconds : seconds - (DAY - 1)) / DAY;
	unsigned rest = (unsigned)(seconds - days * DAY);
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = (unsigned)(of_era - (365 * y + y / 4 - y / 100));
	unsigned month = (5 * of_year + 2) / 153; /* from March */
	struct moment moment = { .day = of_year - (153 * month + 2) / 5 + 1,
		.month = month < 10 ? month + 3 : month - 9,
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60 };
	moment.year = y + era * 400 + (moment.month <= 2 ? 1 : 0);
	return moment;
}

/* ---- reading ---- */

static bool take_text(struct span *text, const char *word)
{
	size_t len = strlen(word);
	if (!span_starts_with(*text, span_of(word, len))) {
		return false;
	}
	*text = span_skip(*text, len);
	return true;
}

/* Exactly so many digits. */
static bool take_number(struct span *text, unsigned digits, unsigned *number)
{
	*number = 0;
	for (unsigned i = 0; i < digits; i++) {
		if (i >= text->len || text->ptr[i] < '0' || text->ptr[i] > '9') {
			return false;
		}
		*number = *number * 10 + (unsigned)(text->ptr[i] - '0');
	}
	*text = span_skip(*text, digits);
	return true;
}

/* The name of a day, whole or its first three letters. */
static bool take_day_name(struct span *text, bool whole)
{
	for (unsigned i = 0; i < 7; i++) {
		size_t len = whole ? strlen(day_names[i]) : 3;
		if (span_starts_with(*text, span_of(day_names[i], len))) {
			*text = span_skip(*text, len);
			return true;
		}
	}
	return false;
}

static bool take_month(struct span *text, unsigned *month)
{
	for (unsigned i = 0; i < 12; i++) {
		if (take_text(text, month_names[i])) {
			*month = i + 1;
			return true;
		}
	}
	return false;
}

static bool take_time(struct span *text, struct moment *moment)
{
	return take_number(text, 2, &moment->hour) && take_text(text, ":") &&
	       take_number(text, 2, &moment->minute) && take_text(text, ":") &&
	       take_number(text, 2, &moment->second);
}

static bool take_year(struct span *text, unsigned digits, struct moment *moment)
{
	unsigned year;
	bool good = take_number(text, digits, &year);
	moment->year = year;
	return good;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool read_fixed(struct span text, struct moment *moment)
{
	return take_day_name(&text, false) && take_text(&text, ", ") &&
	       take_number(&text, 2, &moment->day) && take_text(&text, " ") &&
	       take_month(&text, &moment->month) && take_text(&text, " ") &&
	       take_year(&text, 4, moment) && take_text(&text, " ") && take_time(&text, moment) &&
	       take_text(&text, " GMT") && text.len == 0;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool read_rfc850(struct span text, int64_t now, struct moment *moment)
{
	bool good = take_day_name(&text, true) && take_text(&text, ", ") &&
		    take_number(&text, 2, &moment->day) && take_text(&text, "-") &&
		    take_month(&text, &moment->month) && take_text(&text, "-") &&
		    take_year(&text, 2, moment) && take_text(&text, " ") &&
		    take_time(&text, moment) && take_text(&text, " GMT") && text.len == 0;
	int64_t this_year = moment_of(now).year;
	moment->year += this_year - this_year % 100;
	if (moment->year > this_year + 50) {
		moment->year -= 100;
	}
	return good;
}

/* Sun Nov  6 08:49:37 1994 */
static bool read_asctime(struct span text, struct moment *moment)
{
	return take_day_name(&text, false) && take_text(&text, " ") &&
	       take_month(&text, &moment->month) && take_text(&text, " ") &&
	       take_number(&text, take_text(&text, " ") ? 1 : 2, &moment->day) &&
	       take_text(&text, " ") && take_time(&text, moment) && take_text(&text, " ") &&
	       take_year(&text, 4, moment) && text.len == 0;
}

static bool is_real(const struct moment *moment)
{
	static const uint8_t month_days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned days = month_days[moment->month - 1];
	bool leap = moment->year % 4 == 0 && (moment->year % 100 != 0 || moment->year % 400 == 0);
	if (moment->month == 2 && leap) {
		days++;
	}
	return moment->day >= 1 && moment->day <= days && moment->hour < 24 &&
	       moment->minute < 60 && moment->second <= 60;
}

bool http_date_parse(struct span text, int64_t now, int64_t *seconds)
{
	struct moment moment = { 0 };
	if (!read_fixed(text, &moment) && !read_rfc850(text, now, &moment) &&
		!read_asctime(text, &moment)) {
		return false;
	}
	if (!is_real(&moment)) {
		return false;
	}
	if (moment.second == 60) {
		moment.second = 59; /* a leap second is not counted */
	}
	*seconds = days_of(moment.year, moment.month, moment.day) * DAY + moment.hour * 3600 +
		   moment.minute * 60 + moment.second;
	return true;
}

/* ---- writing ---- */

static char *put_number(char *at, unsigned digits, unsigned number)
{
	for (unsigned i = digits; i > 0; i--) {
		at[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + digits;
}

static char *put_text(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

void http_date_write(int64_t seconds, char out[static HTTP_DATE_SIZE])
{
	const int64_t first = INT64_C(-62167219200), last = INT64_C(253402300799);
	int64_t known = seconds < first ? first : seconds > last ? last : seconds;
	struct moment moment = moment_of(known);
	int64_t days = (known - first) / DAY; /* the year 0 began on a Saturday */
	char *at = put_text(out, day_names[(days + 2) % 7], 3);
	at = put_number(put_text(at, ", ", 2), 2, moment.day);
	at = put_text(put_text(at, " ", 1), month_names[moment.month - 1], 3);
	at = put_number(put_text(at, " ", 1), 4, (unsigned)moment.year);
	at = put_number(put_text(at, " ", 1), 2, moment.hour);
	at = put_number(put_text(at, ":", 1), 2, moment.minute);
	at = put_number(put_text(at, ":", 1), 2, moment.second);
	put_text(at, " GMT", 4);
}
