# The queue's commands as make targets, with the names and variables of the Agent Orchestrator v2 runbook.
#
# A project takes them in with one line; `make install` of Switchyard puts this file there:
#
#     include $(HOME)/.local/share/switchyard/queue.mk
#
# make orchestrator-status          where every task stands, and whose agent has stopped
# make orchestrator-tick            what each role should do next
# make queue-validate               are definitions and journal sound?
# make queue-ready                  what may be claimed now, and why the rest may not   [ROLE]
# make queue-claim                  TASK_ID ROLE OWNER [LEASE NO_FETCH=1]
# make queue-renew                  TASK_ID OWNER [LEASE]
# make queue-release                TASK_ID OWNER [REASON]
# make queue-record-evidence        TASK_ID COMMAND_TEXT [COMMIT LIMIT LANE]: runs the command in the lane;
#                                   with RESULT=pass or fail it runs nothing and records what is declared  [NOTE]
# make queue-record-handoff         TASK_ID OWNER [BRANCH COMMIT MODEL COMMANDS RESULTS RISKS NEXT_STEP];
#                                   CHANGED_FILES is not needed: they are computed, and compared with it
# make queue-route-review           TASK_ID [REF]
# make queue-record-review          TASK_ID REVIEWER_ROLE REVIEWER STATUS [COMMIT NOTE MODEL EXCEPTION]
# make queue-merge-ready            TASK_ID [REF], or ALL=1: every task that is handed over  [NO_FETCH=1]
# make queue-land                   TASK_ID, or READY=1: every task that may land
#                                   [VERIFY LIMIT STRATEGY BATCH=1 MAX KEEP_LANE=1 DRY_RUN=1]
# make queue-init                   proposes how the changelog is merged  [APPLY=1]
# make queue-promote                the evidence for a release, which promotes nothing  [SOURCE SINCE NO_FETCH=1]
# make queue-revert                 WHAT: a task, or a batch as queue-land names it  [REASON VERIFY LIMIT DRY_RUN=1]
# make queue-freeze                 REASON [UNTIL]: nothing lands until then, or until queue-thaw
# make queue-thaw                   ends a freeze
# make queue-set-status             TASK_ID STATUS [OWNER BRANCH COMMIT REASON REOPEN=1]
# make queue-git-check              are the coordinator's checkout and the lanes as defined?
# make queue-prune-stale            archives what is known of tasks that are not defined any more  [PREVIEW=1 ALLOW_SHRINK=1]
# make queue-log                    TASK_ID
# make queue-recover                sets damaged lines of the journal aside where they cannot have been events
#                                   [ACCEPT_LOSS: why it is right to go on without events that are lost]
# make queue-add                    TASK_ID TITLE [ISSUE ROLE PRIORITY SEQUENCE DEPENDS_ON CHECK GLOB NOTE]
# make queue-import                 FILE: tasks as JSON Lines, all of them or none
# make queue-export                 the whole state as one JSON object
#
# Each takes ACTOR, who is recorded, and FORMAT: table or json. What a variable holds reaches the tool as it is:
# make does not expand it, and no shell reads it as code. make ends with 2 whatever the tool ended with; the
# tool's answer says which it was.

MERGE_QUEUE ?= merge-queue

switchyard_variables := TASK_ID ROLE OWNER LEASE REASON COMMAND_TEXT RESULT COMMIT NOTE BRANCH MODEL \
  COMMANDS RESULTS CHANGED_FILES RISKS NEXT_STEP REF REVIEWER_ROLE REVIEWER STATUS EXCEPTION REOPEN \
  PREVIEW TITLE PRIORITY CHECK FILE UNTIL ALL READY VERIFY LIMIT STRATEGY BATCH MAX DRY_RUN APPLY SOURCE \
  SINCE ACCEPT_LOSS WHAT NO_FETCH LANE KEEP_LANE ALLOW_SHRINK ISSUE SEQUENCE DEPENDS_ON GLOB ACTOR FORMAT
switchyard_targets := orchestrator-status orchestrator-tick queue-validate queue-ready queue-claim \
  queue-renew queue-release queue-record-evidence queue-record-handoff queue-route-review \
  queue-record-review queue-merge-ready queue-land queue-set-status queue-git-check queue-prune-stale \
  queue-log queue-add queue-import queue-export queue-recover \
  queue-freeze queue-thaw queue-revert queue-init queue-promote

# Without this, make would expand the text of a variable, and with it run every $(shell ...) in it. The text goes
# into the environment of these targets alone, as it is.
$(foreach variable,$(switchyard_variables),\
  $(eval $(switchyard_targets): override export $(variable) := $$(value $(variable))))

# $(call switchyard_need,VARIABLE): stops when it is empty.
switchyard_need = if [ -z "$${$(1)}" ]; then \
  echo 'queue.mk: $(1) is missing: make $@ $(1)=...' >&2; exit 2; fi;
# $(call switchyard_option,NAME,VARIABLE): adds --NAME=TEXT when the variable has text. In one word, because the
# text may begin with a dash.
switchyard_option = if [ -n "$${$(2)}" ]; then set -- "$$@" "--$(1)=$${$(2)}"; fi;
# $(call switchyard_flag,NAME,VARIABLE): adds --NAME when the variable has text.
switchyard_flag = if [ -n "$${$(2)}" ]; then set -- "$$@" "--$(1)"; fi;
# $(call switchyard_run,COMMAND,OPTIONS): runs the tool with what was put together.
switchyard_run = set --; $(call switchyard_option,actor,ACTOR) \
  $(call switchyard_option,format,FORMAT) set -- "$$@" $(1); $(2) exec $(MERGE_QUEUE) "$$@"
# The task stands behind all options.
switchyard_task = set -- "$$@" -- "$${TASK_ID}";
# $(call switchyard_task_or,NAME,VARIABLE): the task, or without one --NAME when the variable has text.
switchyard_task_or = if [ -n "$${TASK_ID}" ]; then $(switchyard_task) \
  elif [ -n "$${$(2)}" ]; then set -- "$$@" "--$(1)"; else \
  echo 'queue.mk: TASK_ID is missing: make $@ TASK_ID=..., or make $@ $(2)=1' >&2; exit 2; fi;

# A project's own first target stays its default.
switchyard_default := $(.DEFAULT_GOAL)

.PHONY: $(switchyard_targets)

orchestrator-status:
	@$(call switchyard_run,status,)

orchestrator-tick:
	@$(call switchyard_run,next --all-roles,)

queue-validate:
	@$(call switchyard_run,validate,)

queue-ready:
	@$(call switchyard_run,ready --explain,$(call switchyard_option,role,ROLE))

queue-claim:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,ROLE) $(call switchyard_need,OWNER) \
	$(call switchyard_run,claim,$(call switchyard_option,role,ROLE) $(call switchyard_option,owner,OWNER) \
	  $(call switchyard_option,lease,LEASE) $(call switchyard_flag,no-fetch,NO_FETCH) $(switchyard_task))

queue-renew:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,OWNER) \
	$(call switchyard_run,renew,$(call switchyard_option,owner,OWNER) \
	  $(call switchyard_option,lease,LEASE) $(switchyard_task))

queue-release:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,OWNER) \
	$(call switchyard_run,release,$(call switchyard_option,owner,OWNER) \
	  $(call switchyard_option,reason,REASON) $(switchyard_task))

# Behind -- the tool expects a command, so that the task stands before.
queue-record-evidence:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,COMMAND_TEXT) \
	$(call switchyard_run,evidence,$(call switchyard_option,text,COMMAND_TEXT) \
	  $(call switchyard_option,declared,RESULT) $(call switchyard_option,note,NOTE) \
	  $(call switchyard_option,commit,COMMIT) $(call switchyard_option,limit,LIMIT) \
	  $(call switchyard_option,lane,LANE) \
	  case "$${TASK_ID}" in (-*) echo 'queue.mk: TASK_ID begins with a dash' >&2; exit 2;; esac; \
	  set -- "$$@" "$${TASK_ID}";)

queue-record-handoff:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,OWNER) \
	$(call switchyard_run,handoff,$(call switchyard_option,owner,OWNER) \
	  $(call switchyard_option,branch,BRANCH) $(call switchyard_option,commit,COMMIT) \
	  $(call switchyard_option,model,MODEL) $(call switchyard_option,command,COMMANDS) \
	  $(call switchyard_option,result,RESULTS) $(call switchyard_option,risk,RISKS) \
	  $(call switchyard_option,changed-files,CHANGED_FILES) \
	  $(call switchyard_option,next-step,NEXT_STEP) $(switchyard_task))

queue-route-review:
	@$(call switchyard_need,TASK_ID) \
	$(call switchyard_run,route-review,$(call switchyard_option,ref,REF) $(switchyard_task))

queue-record-review:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,REVIEWER_ROLE) \
	$(call switchyard_need,REVIEWER) $(call switchyard_need,STATUS) \
	$(call switchyard_run,review,$(call switchyard_option,role,REVIEWER_ROLE) \
	  $(call switchyard_option,reviewer,REVIEWER) $(call switchyard_option,status,STATUS) \
	  $(call switchyard_option,commit,COMMIT) $(call switchyard_option,note,NOTE) \
	  $(call switchyard_option,model,MODEL) $(call switchyard_option,exception,EXCEPTION) \
	  $(switchyard_task))

queue-merge-ready:
	@$(call switchyard_run,merge-ready,$(call switchyard_option,ref,REF) \
	  $(call switchyard_flag,no-fetch,NO_FETCH) \
	  $(call switchyard_task_or,all,ALL))

queue-land:
	@$(call switchyard_run,land,$(call switchyard_option,verify,VERIFY) \
	  $(call switchyard_option,limit,LIMIT) $(call switchyard_option,strategy,STRATEGY) \
	  $(call switchyard_flag,batch,BATCH) $(call switchyard_option,max,MAX) \
	  $(call switchyard_flag,keep-lane,KEEP_LANE) $(call switchyard_flag,dry-run,DRY_RUN) $(call switchyard_task_or,ready,READY))

queue-init:
	@$(call switchyard_run,init,$(call switchyard_flag,apply,APPLY))

queue-promote:
	@$(call switchyard_run,promote --evidence,$(call switchyard_option,source,SOURCE) \
	  $(call switchyard_option,since,SINCE) $(call switchyard_flag,no-fetch,NO_FETCH))

queue-set-status:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,STATUS) \
	$(call switchyard_run,set-status,$(call switchyard_option,owner,OWNER) \
	  $(call switchyard_option,branch,BRANCH) $(call switchyard_option,commit,COMMIT) \
	  $(call switchyard_option,reason,REASON) \
	  $(call switchyard_flag,reopen,REOPEN) $(switchyard_task) set -- "$$@" "$${STATUS}";)

queue-git-check:
	@$(call switchyard_run,git-check,)

queue-prune-stale:
	@$(call switchyard_run,prune-stale,if [ -z "$${PREVIEW}" ]; then set -- "$$@" --apply; \
	  $(call switchyard_flag,allow-shrink,ALLOW_SHRINK) fi;)

queue-log:
	@$(call switchyard_need,TASK_ID) $(call switchyard_run,log,$(switchyard_task))

queue-recover:
	@$(call switchyard_run,recover,$(call switchyard_option,accept-loss,ACCEPT_LOSS))

queue-add:
	@$(call switchyard_need,TASK_ID) $(call switchyard_need,TITLE) \
	$(call switchyard_run,add,$(call switchyard_option,title,TITLE) $(call switchyard_option,role,ROLE) \
	  $(call switchyard_option,priority,PRIORITY) $(call switchyard_option,check,CHECK) \
	  $(call switchyard_option,issue,ISSUE) $(call switchyard_option,sequence,SEQUENCE) \
	  $(call switchyard_option,depends-on,DEPENDS_ON) $(call switchyard_option,path,GLOB) \
	  $(call switchyard_option,notes,NOTE) $(switchyard_task))

queue-import:
	@$(call switchyard_need,FILE) $(call switchyard_run,import,set -- "$$@" -- "$${FILE}";)

queue-export:
	@$(call switchyard_run,export,)

queue-freeze:
	@$(call switchyard_need,REASON) \
	$(call switchyard_run,freeze,$(call switchyard_option,reason,REASON) $(call switchyard_option,until,UNTIL))

queue-revert:
	@$(call switchyard_need,WHAT) \
	$(call switchyard_run,revert,$(call switchyard_option,reason,REASON) \
	  $(call switchyard_option,verify,VERIFY) $(call switchyard_option,limit,LIMIT) \
	  $(call switchyard_flag,dry-run,DRY_RUN) set -- "$$@" -- "$${WHAT}";)

queue-thaw:
	@$(call switchyard_run,thaw,)

.DEFAULT_GOAL := $(switchyard_default)
