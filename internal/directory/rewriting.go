package directory

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// rewriting turns numbers as they were written before a country changed its plan, and as address books and messengers still
// have them, into today's.
type rewriting struct {
	country string
	old     *regexp.Regexp // of the whole number in digits, with the country code
	today   string         // what becomes of it
	// ambiguous: the old writing may be somebody's number today as well. Then the number stays as it was written, and today's
	// writing of the other is a second guess.
	ambiguous bool
	source    string // who announced it, and when it came into force
}

// rewritings are tried in this order; the first that matches counts. What an old number becomes is matched by none of them.
var rewritings = []rewriting{
	{
		country: "MX", old: regexp.MustCompile(`^52(?:1|044|045)([1-9]\d{9})$`), today: "52$1",
		source: "IFT, Plan Técnico Fundamental de Numeración (Diario Oficial, 11 May 2018): ten digits since 3 Aug 2019, no 1, 044 or 045",
	},
	{
		country: "CI", old: regexp.MustCompile(`^225([04-9][0-3]\d{6})$`), today: "22501$1",
		source: "ARTCI, plan national de numérotation: 10 digits since 31 Jan 2021; numbers of Moov begin with 01",
	},
	{
		country: "CI", old: regexp.MustCompile(`^225([04-9][4-6]\d{6})$`), today: "22505$1",
		source: "as above; numbers of MTN begin with 05",
	},
	{
		country: "CI", old: regexp.MustCompile(`^225([04-9][7-9]\d{6})$`), today: "22507$1",
		source: "as above; numbers of Orange begin with 07",
	},
	{
		country: "BJ", old: regexp.MustCompile(`^229([2-9]\d{7})$`), today: "22901$1",
		source: "ARCEP Bénin: 10 digits since 30 Nov 2024, 01 before every number there was",
	},
	{
		country: "AR", old: regexp.MustCompile(`^54([1-3]\d{9})$`), today: "549$1", ambiguous: true,
		source: "ENACOM, Plan Fundamental de Numeración Nacional: from abroad, a 9 stands before a mobile's area code",
	},
	{
		country: "BR", old: regexp.MustCompile(`^55([1-9][1-9])([6-9]\d{7})$`), today: "55${1}9$2",
		source: "Anatel, Resolução 553/2010: a 9 before each mobile number, from 29 Jul 2012 in São Paulo to 6 Nov 2016 in the south",
	},
	{
		country: "GA", old: regexp.MustCompile(`^2410?([256]\d{6})$`), today: "2416$1",
		source: "ARCEP Gabon: 9 digits since 15 Nov 2019, the old writing off since 6 Apr 2024; a 6 for Libertis and Moov",
	},
	{
		country: "GA", old: regexp.MustCompile(`^2410?([47]\d{6})$`), today: "2417$1",
		source: "as above; a 7 for Airtel",
	},
	{
		country: "CM", old: regexp.MustCompile(`^237([5-9]\d{7})$`), today: "2376$1",
		source: "ART and the ministry of telecommunications: 9 digits since 21 Nov 2014, a 6 before every mobile number",
	},
	{
		country: "MU", old: regexp.MustCompile(`^230((?:25|7\d|9\d)\d{5})$`), today: "2305$1",
		source: "ICTA: 8 digits for mobiles since 1 Sep 2013, a 5 before what there was",
	},
	{
		country: "XK", old: regexp.MustCompile(`^(?:377(4[45]\d{6})|386(4[39]\d{6}))$`), today: "383$1$2", ambiguous: true,
		source: "ITU, country code +383 assigned on 15 Dec 2016; ARKEP: instead of Monaco's and Slovenia's codes",
	},
	vietnam("16([2-9])", "3$1", "Viettel"),
	vietnam("120()", "70", "MobiFone"), vietnam("121()", "79", "MobiFone"), vietnam("122()", "77", "MobiFone"),
	vietnam("12([68])", "7$1", "MobiFone"),
	vietnam("12([345])", "8$1", "VinaPhone"), vietnam("127()", "81", "VinaPhone"), vietnam("129()", "82", "VinaPhone"),
	vietnam("18([68])", "5$1", "Vietnamobile"), vietnam("199()", "59", "Gmobile"),
}

// vietnam is one prefix of 11-digit numbers, which are 10 digits long since then. The last seven digits stayed.
func vietnam(old, today, network string) rewriting {
	return rewriting{
		country: "VN", old: regexp.MustCompile(`^84` + old + `(\d{7})$`), today: "84" + strings.Replace(today, "$1", "${1}", 1) + "$2",
		source: "Ministry of Information and Communications: since 15 Sep 2018 the prefixes of five networks are shorter, here " + network,
	}
}

// rewritingOf returns the rewriting that applies to a number, and what it makes of it; false if the number is none of the past.
func rewritingOf(number dialtone.PhoneNumber) (r rewriting, today dialtone.PhoneNumber, ok bool) {
	digits := strings.TrimPrefix(number.E164(), "+")
	for _, r := range rewritings {
		if r.old.MatchString(digits) {
			return r, dialtone.PhoneNumber("+" + r.old.ReplaceAllString(digits, r.today)), true
		}
	}
	return rewriting{}, "", false
}

// Today returns the number as it is written today. All writings of one line give the same, so that what is counted by number is
// counted once, however the number is written.
func Today(number dialtone.PhoneNumber) dialtone.PhoneNumber {
	if _, today, ok := rewritingOf(number); ok {
		return today
	}
	return number
}

// lagging are the plans whose old writing an operator's list may still hold: today's number is looked up in it as well.
var lagging = []struct {
	today *regexp.Regexp
	old   string
}{
	{regexp.MustCompile(`^52([1-9]\d{9})$`), "521$1"}, // Mexican networks knew their mobiles by the 1 inside, too
}

// writings returns what a number is looked up as, the most likely first: as it is, as it is written today, and as a list that
// was not brought up to date may hold it.
func writings(number dialtone.PhoneNumber) []dialtone.PhoneNumber {
	today := Today(number)
	all := []dialtone.PhoneNumber{number}
	add := func(n dialtone.PhoneNumber) {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	add(today)
	digits := strings.TrimPrefix(today.E164(), "+")
	for _, plan := range lagging {
		if plan.today.MatchString(digits) {
			add(dialtone.PhoneNumber("+" + plan.today.ReplaceAllString(digits, plan.old)))
		}
	}
	return all
}
