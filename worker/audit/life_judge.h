/* What is to be said of each event of a life whose moments are all there: life.c and life_judge.c share it. */
#ifndef AUDIT_LIFE_JUDGE_H
#define AUDIT_LIFE_JUDGE_H

#include "audit/life.h"

void life_judge(struct life *life);

#endif
