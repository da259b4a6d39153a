/* Options are read by their table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/option.h"

typedef struct settings {
    bool quick;
    int some_number;
    const char *level, *name;
    const char *tints[OPTION_WORDS_MAX + 1];
} settings;

static const char *const tints[] = {"red", "green", "blue", NULL};

static const option options[] = {
    {.name = "quick", .kind = OPTION_SWITCH, .offset = offsetof(settings, quick)},
    {.name = "some_number",
     .kind = OPTION_WHOLE,
     .offset = offsetof(settings, some_number),
     .value = "N",
     .least = 1,
     .most = 9},
    {.name = "level", .kind = OPTION_TEXT, .offset = offsetof(settings, level), .value = "L", .alone = "3"},
    {.name = "name", .kind = OPTION_TEXT, .offset = offsetof(settings, name), .value = "NAME", .filled = true},
    {.name = "tints",
     .kind = OPTION_WORDS,
     .offset = offsetof(settings, tints),
     .value = "TINT …",
     .words = tints},
};

static const option_table table = {"test", options, sizeof options / sizeof options[0]};

enum { WORDS_MAX = 24 };

static settings got;
static char rest[256]; /* the words that were not read */
static char said[512]; /* on standard error */

static const char *operands[3];

/* With names of operands, all words are read and `rest` is the operands. */
static option_outcome read_words(const char *const *given, const char *const *names)
{
    char *words[WORDS_MAX + 1] = {0};
    for (int i = 0; given[i]; i++)
        words[i] = (char *)given[i];
    got = (settings){.some_number = 5};
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    char **at = words;
    memset(operands, 0, sizeof operands);
    option_outcome outcome =
        names ? option_read_operands(&table, &got, words, names, operands) : option_read(&table, &got, &at);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(ends[1]);
    ssize_t size = read(ends[0], said, sizeof said - 1);
    said[size > 0 ? size : 0] = '\0';
    close(ends[0]);
    close(before);
    rest[0] = '\0';
    for (const char *const *left = names ? operands : (const char *const *)at; *left; left++)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), "%s%s", rest[0] ? " " : "", *left);
    return outcome;
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL}, NULL)
#define READ_TWO(...)                                                                                          \
    read_words((const char *const[]){__VA_ARGS__, NULL}, (const char *const[]){"from", "to", NULL})

static void expect(option_outcome outcome, const char *left)
{
    assert_string_equal(said, "");
    assert_int_equal(outcome, OPTIONS_READ);
    assert_string_equal(rest, left);
}

static void reads_values_in_either_form(void **state)
{
    (void)state;
    expect(READ("--quick", "--some_number", "7", "--name=a=b", "program", "--quick"), "program --quick");
    assert_true(got.quick);
    assert_int_equal(got.some_number, 7);
    assert_string_equal(got.name, "a=b");
    expect(READ("--some-number=1", "--some-number", "9"), "");
    assert_int_equal(got.some_number, 9);
    expect(READ("program"), "program");
    assert_false(got.quick);
    assert_int_equal(got.some_number, 5);
}

static void stops_at_the_first_other_word(void **state)
{
    (void)state;
    expect(READ("--", "--quick"), "--quick");
    assert_false(got.quick);
    expect(READ("-", "--quick"), "- --quick");
    expect(READ("", "--quick"), "--quick");
    assert_false(got.quick);
}

static void lets_a_value_be_left_out(void **state)
{
    (void)state;
    expect(READ("--level", "program"), "program");
    assert_string_equal(got.level, "3");
    expect(READ("--level", "1", "program"), "program");
    assert_string_equal(got.level, "1");
    expect(READ("--level=2", "1"), "1");
    assert_string_equal(got.level, "2");
    expect(READ("--level", "./4"), "./4");
    expect(READ("--level", "--quick"), "");
    assert_string_equal(got.level, "3");
    expect(READ("--level"), "");
    assert_string_equal(got.level, "3");
}

static void refuse(option_outcome outcome, const char *line)
{
    assert_int_equal(outcome, OPTIONS_WRONG);
    assert_string_equal(said, line);
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    refuse(READ("--quik"), "test: unknown option --quik; did you mean --quick?\n");
    refuse(READ("-quick"), "test: unknown option -quick; did you mean --quick?\n");
    refuse(READ("--some-nubmer=3"), "test: unknown option --some-nubmer; did you mean --some_number?\n");
    refuse(READ("--hepl"), "test: unknown option --hepl; did you mean --help?\n");
    refuse(READ("--colour"), "test: unknown option --colour; --help lists them\n");
    refuse(READ("--quic"), "test: unknown option --quic; did you mean --quick?\n");
    refuse(READ("-x"), "test: unknown option -x; --help lists them\n");
    refuse(READ("--=5"), "test: unknown option --; --help lists them\n");
}

static void refuses_values_that_do_not_fit(void **state)
{
    (void)state;
    refuse(READ("--some_number", "0"), "test: --some_number must be a whole number from 1 to 9, got \"0\"\n");
    refuse(READ("--some_number", "10"), "test: --some_number must be a whole number from 1 to 9, got \"10\"\n");
    refuse(READ("--some_number", "1.5"),
           "test: --some_number must be a whole number from 1 to 9, got \"1.5\"\n");
    refuse(READ("--some_number="), "test: --some_number must be a whole number from 1 to 9, got \"\"\n");
    refuse(READ("--some_number", "99999999999999999999"),
           "test: --some_number must be a whole number from 1 to 9, got \"99999999999999999999\"\n");
    refuse(READ("--some_number"), "test: --some_number needs a whole number from 1 to 9\n");
    refuse(READ("--some_number", "program"),
           "test: --some_number must be a whole number from 1 to 9, got \"program\"\n");
    refuse(READ("--name="), "test: --name is empty\n");
    refuse(READ("--name"), "test: --name needs a value: NAME\n");
    refuse(READ("--quick=1"), "test: --quick takes no value, got \"1\"\n");
}

static void expect_tints(const char *words)
{
    char all[128] = "";
    for (const char **c = got.tints; *c; c++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", all[0] ? " " : "", *c);
    assert_string_equal(all, words);
}

static void reads_several_words(void **state)
{
    (void)state;
    expect(READ("--tints", "red", "--quick"), "");
    expect_tints("red");
    assert_true(got.quick);
    expect(READ("--tints", "blue", "red", "blue"), "");
    expect_tints("blue red blue");
    expect(READ("--tints=green", "red"), "red");
    expect_tints("green");
    expect(READ("--tints", "green", "--", "red"), "red");
    refuse(READ("--tints"), "test: --tints needs a value: red, green or blue\n");
    refuse(READ("--tints", "--quick"), "test: --tints needs a value: red, green or blue\n");
    refuse(READ("--tints", "red", "program"), "test: --tints must be red, green or blue, got \"program\"\n");
    refuse(READ("--tints", "red", "red", "red", "red", "red", "red", "red", "red", "red", "red", "red", "red",
                "red", "red", "red", "red", "red", "red"),
           "test: --tints takes up to 16 words\n");
}

static void reads_operands_among_options(void **state)
{
    (void)state;
    expect(READ_TWO("a", "b"), "a b");
    expect(READ_TWO("--quick", "a", "--level", "2", "b", "--some-number=3"), "a b");
    assert_true(got.quick && got.some_number == 3);
    assert_string_equal(got.level, "2");
    expect(READ_TWO("a", "--", "--quick"), "a --quick");
    expect(READ_TWO("--", "-h", "--"), "-h --");
    assert_false(got.quick);
    expect(READ_TWO("-", "b"), "- b");
    assert_int_equal(READ_TWO("a", "b", "c", "--help"), OPTIONS_WRONG);
    assert_int_equal(READ_TWO("a", "--help"), OPTIONS_HELP);
    refuse(READ_TWO("a"), "test: no to; --help shows how\n");
    refuse(READ_TWO("a", "--"), "test: no to; --help shows how\n");
    refuse(READ_TWO("a", ""), "test: no to; --help shows how\n");
    refuse(READ_TWO("--quick"), "test: no from; --help shows how\n");
    refuse(READ_TWO("a", "b", "c"), "test: there is no use for \"c\"; --help shows how\n");
    refuse(READ_TWO("a", "b", "--quik"), "test: unknown option --quik; did you mean --quick?\n");
}

static void finds_the_wish_for_help(void **state)
{
    (void)state;
    assert_int_equal(READ("--quick", "-h"), OPTIONS_HELP);
    assert_int_equal(READ("--help", "--nonsense"), OPTIONS_HELP);
    assert_int_equal(READ("--help=all"), OPTIONS_HELP_ALL);
    assert_int_equal(READ("program", "--help"), OPTIONS_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values_in_either_form),
        cmocka_unit_test(stops_at_the_first_other_word),
        cmocka_unit_test(lets_a_value_be_left_out),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(refuses_values_that_do_not_fit),
        cmocka_unit_test(finds_the_wish_for_help),
        cmocka_unit_test(reads_several_words),
        cmocka_unit_test(reads_operands_among_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
