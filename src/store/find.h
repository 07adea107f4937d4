/*
 * The answer of every function that looks one thing up.
 */
#ifndef LINLI_FIND_H
#define LINLI_FIND_H

enum find {
    FIND_FAILED = -1, /* something broke: the error is filled */
    FIND_NOTHING = 0,
    FIND_FOUND = 1,
};

#endif
