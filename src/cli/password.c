#include "cli/password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/crypto.h"

#define GENERATED_CHARACTERS 20 /* of base 32: 100 bits */

static bool read_line(char out[PASSWORD_LINE])
{
    size_t length;

    if (!fgets(out, PASSWORD_LINE, stdin))
        return false;
    length = strcspn(out, "\r\n");
    out[length] = '\0';
    return length > 0;
}

static bool prompt_line(const char *prompt, char out[PASSWORD_LINE])
{
    struct termios shown, hidden;
    bool read;

    fputs(prompt, stderr);
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return false;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    read = read_line(out);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return read;
}

static bool generate(char out[PASSWORD_LINE])
{
    uint8_t bytes[GENERATED_CHARACTERS];

    crypto_random(bytes, sizeof bytes);
    crockford_encode(bytes, GENERATED_CHARACTERS, out);
    crypto_wipe(bytes, sizeof bytes);
    return true;
}

bool password_take(bool generated, char out[PASSWORD_LINE], struct error *error)
{
    char again[PASSWORD_LINE];
    bool same;

    if (generated)
        return generate(out);
    if (!isatty(STDIN_FILENO))
        return read_line(out) || error_set(error, "admin.no_password",
                                           "give the password as a line on stdin, or --generate");
    if (!prompt_line("Password: ", out) || !prompt_line("Again: ", again))
        return error_set(error, "admin.no_password", "no password was given");
    same = strcmp(out, again) == 0;
    crypto_wipe(again, sizeof again);
    return same || error_set(error, "admin.no_password", "the two passwords differ");
}

bool account_explain(enum people_answer answer, struct error *error)
{
    switch (answer) {
    case PEOPLE_DONE: return true;
    case PEOPLE_BROKEN: return false;
    case PEOPLE_LOGIN_TAKEN: return error_set(error, "admin.login", "this login is taken");
    case PEOPLE_BAD_LOGIN:
        return error_set(error, "admin.login", "a login has 2 to 64 of a-z 0-9 . _ @ -");
    case PEOPLE_WEAK_PASSWORD:
        return error_set(error, "admin.password", "a password has at least %d characters",
                         PASSWORD_LEAST);
    case PEOPLE_BAD_SCOPE:
        return error_set(error, "admin.scope",
                         "coordinators and unit readers need --unit=ID, clerks and managers "
                         "--merchant=ID, auditors and administrators neither");
    case PEOPLE_NO_UNIT: return error_set(error, "admin.unit", "there is no such unit");
    case PEOPLE_NO_MEMBER: return error_set(error, "admin.member", "there is no such member");
    case PEOPLE_NOT_FOUND: return error_set(error, "admin.login", "there is no such login");
    default: return error_set(error, "admin.refused", "refused (%d)", (int)answer);
    }
}
