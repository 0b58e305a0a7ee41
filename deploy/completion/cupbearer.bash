# Completion for bash: commands, options, and those of their values that are known. tests/e2e/test_deploy.py holds it to
# --help.

_cupbearer_options() { # COMMAND
    local event="--key-file --key-id --event-id --account --to-external-id --to-customer-id --to-conversation-id --email
        --name --phone --host --message --messages-dir --set --link-host --body --quick-reply --metadata --ttl
        --deliver-within --webhooks --topic"
    case $1 in
    keygen) echo --hmac --dir --sender --account --keyring --mark --token --message --metrics --tokens ;;
    send) echo "$event" --bootstrap-servers --partitioner --kafka --wait --receipts-topic --timeout ;;
    sign) echo "$event" --at --format ;;
    verify) echo --keyring --partitions --partition --partitioner --admitted-at --show-signed ;;
    dead) echo --reason --expired --wrong-partition --event-id --account --since --until --config --key-file --key-id --per-minute --dry-run ;;
    # OPTIONS
    *) return ;;
    esac
    echo --help
}

# What may stand behind an option of a command; 1: it takes no value.
_cupbearer_value() { # COMMAND OPTION
    case "$1 $2" in
    # VALUES
    *) return 1 ;;
    esac
}

_cupbearer_words() { # WORD…
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "${COMP_WORDS[COMP_CWORD]}")
}

_cupbearer_paths() { # -f for files, -d for directories
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_cupbearer() {
    local commands="run keygen send sign verify audit dead gate health help"
    local command=${COMP_WORDS[1]} before=${COMP_WORDS[COMP_CWORD - 1]} word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        _cupbearer_words "$commands --help --version"
        return
    fi
    ! _cupbearer_value "$command" "$before" || return 0
    case $before in
    --config | -c | --key-file | --keyring | --mark | --tokens) _cupbearer_paths -f ;;
    --dir | --messages-dir) _cupbearer_paths -d ;;
    --partitioner) _cupbearer_words murmur2 crc32 ;;
    --format) _cupbearer_words json kcat ;;
    help) [ "$COMP_CWORD" != 2 ] || _cupbearer_words "$commands" ;;
    --reason)
        _cupbearer_words gave_up backlog flood refused_by_papercups conversation_not_found customer_not_found \
            key_revoked unknown
        ;;
    --dry-run | --expired | --hmac | --json | --once | --show-signed | --wait | --webhooks | --wrong-partition | [!-]*)
        # Behind these stands another option, or an operand.
        if [[ $word == -* ]]; then
            _cupbearer_words "$(_cupbearer_options "$command")"
        else
            case $command in
            send | sign | verify) _cupbearer_paths -f ;;
            dead) _cupbearer_words resend ;;
            esac
        fi
        ;;
    esac
}

complete -F _cupbearer cupbearer
