/* Owns invented words: names as a trader in Baghdad has them, in several scripts, some of them very long. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

#define NAME_MAX_BYTES 1024
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const things[] = {"HDMI Cable", "USB Hub", "Power Adapter", "Network Switch", "IP Camera",
	"Headphone", "Keyboard", "Wireless Mouse", "Router", "Solid State Drive", "Flash Drive", "Car Charger",
	"Backpack", "Tripod", "Screen Protector", "LED Lamp", "Monitor 24\"", "Patch Panel", "RJ45 Plug", "Tool Kit",
	"Power Bank", "Speaker", "Card Reader", "Fan & Heatsink", "Adapter A\\B", "كيبل شبكة", "حقيبة لابتوب",
	"شاحن سيارة", "كاميرا مراقبة", "سماعة رأس", "لوحة مفاتيح", "محول كهرباء", "بطارية", "شاشة", "Câble réseau",
	"Ladegerät für Büro", "电源适配器", "ケーブル", "Şarj aleti", "Кабель питания", "Plug 🔌"};
static const char *const makers[] = {"Nimbus", "Orbit", "Halcyon", "Zafra", "Tigris", "Babil", "Rafid", "Volta",
	"Kepler", "دجلة", "الرافدين", "Éclair"};
static const char *const kinds[] = {"Black", "White", "Pro", "Mini", "1.5m", "3m", "10m", "Type-C", "USB 3.0", "4K",
	"أسود", "أبيض", "12V 2A", "Set of 6", "Ø8mm", "<new>"};
static const char *const families[] = {"Hassan", "Karim", "Saadi", "Jabbar", "Yousif", "Khalil", "O'Neill", "Müller",
	"الجبوري", "العزاوي", "البصري", "النجفي"};
static const char *const given[] = {"Ali", "Zainab", "Omar", "Noor", "Hussein", "Sara", "Mustafa", "Rana", "Anna",
	"محمد", "فاطمة", "كرار", "زهراء"};
static const char *const trades[] = {"Trading", "Electronics", "for Computers", "Mobile Shop", "Import & Export",
	"Stores", "للتجارة العامة", "للحاسبات", "موبايل", "مكتب"};
static const char *const cities[] = {
	"Baghdad", "Basra", "Erbil", "Najaf", "Mosul", "Karbala", "بغداد", "البصرة", "النجف"};
static const char *const phrases[] = {"Checked by the warehouse", "Call before delivery", "تم الفحص",
	"يرجى الاتصال قبل التسليم", "Price agreed on the phone", "Second shelf, left", "Line one\nline two",
	"Tab\there \"quoted\"", "Ünïcödé ok"};

static _Thread_local char result[NAME_MAX_BYTES];

static const char *pick(struct random *random, const char *const *words, size_t count)
{
	return random_pick(random, words, count);
}

/* Fills result up to about this many characters (not bytes), as names pasted by people do. */
static void lengthen(struct random *random, size_t characters)
{
	size_t i, end = strlen(result), length = 0;

	for (i = 0; i < end; i++)
		length += ((unsigned char)result[i] & 0xc0) != 0x80;
	while (length < characters && end + 40 < NAME_MAX_BYTES) {
		const char *word = pick(random, kinds, COUNT(kinds));

		end += (size_t)snprintf(result + end, sizeof result - end, " %s", word);
		for (length++; *word; word++)
			length += ((unsigned char)*word & 0xc0) != 0x80;
	}
	for (i = end; length > characters; length--) {
		while (((unsigned char)result[--i] & 0xc0) == 0x80)
			;
		result[i] = '\0';
	}
}

const char *name_of_item(struct random *random, size_t number)
{
	const char *maker = pick(random, makers, COUNT(makers)), *thing = pick(random, things, COUNT(things));

	snprintf(result, sizeof result, "%s %s %s %zu", thing, maker, pick(random, kinds, COUNT(kinds)), 100 + number);
	if (number % 97 == 41)
		lengthen(random, 200);
	return result;
}

const char *sku_of_item(struct random *random, size_t number)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-/. ";
	size_t i, length;

	if (number % 41 == 7) {
		result[0] = '\0';
	} else if (number % 61 == 3) {
		snprintf(result, sizeof result, "رمز-%05zu", number);
	} else if (number % 23 == 5) {
		length = 30 + (size_t)random_below(random, 31);
		i = (size_t)snprintf(result, sizeof result, "%zu-", number);
		for (; i < length; i++)
			result[i] = letters[random_below(random, sizeof letters - 1 - (i + 1 == length))];
		result[length] = '\0';
	} else {
		snprintf(result, sizeof result, "zs%05zu", number);
	}
	return result;
}

const char *name_of_company(struct random *random, size_t number)
{
	const char *family = pick(random, families, COUNT(families)), *trade = pick(random, trades, COUNT(trades));

	snprintf(result, sizeof result, "%s %s %zu", family, trade, number + 1);
	if (number % 211 == 17)
		lengthen(random, 200);
	return result;
}

const char *name_of_person(struct random *random)
{
	const char *first = pick(random, given, COUNT(given)), *family = pick(random, families, COUNT(families));

	snprintf(result, sizeof result, "%s %s", first, family);
	return result;
}

const char *some_words(struct random *random)
{
	const char *phrase = pick(random, phrases, COUNT(phrases));

	snprintf(result, sizeof result, "%s %u", phrase, (unsigned)random_below(random, 10000));
	return result;
}

const char *some_city(struct random *random)
{
	return pick(random, cities, COUNT(cities));
}
