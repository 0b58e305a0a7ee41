# Completion for bash: commands, options, and those of their values that are known. The build puts what it makes from the
# commands' tables (worker/pages) in the place of the lines that are all capitals.

_cupbearer_options() { # COMMAND
    case $1 in
    # OPTIONS
    esac
}

_cupbearer_words() { # WORD…
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "${COMP_WORDS[COMP_CWORD]}")
}

_cupbearer_paths() { # -f for files, -d for directories
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

# What may stand behind an option. 1: it takes no value.
_cupbearer_value() { # COMMAND OPTION
    case "$1 $2" in
    # VALUES
    *) return 1 ;;
    esac
}

_cupbearer_operand() { # COMMAND
    case $1 in
    # OPERANDS
    esac
}

_cupbearer() {
    local commands command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]}
    # COMMANDS
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        _cupbearer_words "$commands --help --version"
    elif [ "$command" = help ]; then
        [ "$COMP_CWORD" != 2 ] || _cupbearer_words "$commands"
    elif _cupbearer_value "$command" "${COMP_WORDS[COMP_CWORD - 1]}"; then
        return
    elif [[ $word == -* ]]; then
        _cupbearer_words "$(_cupbearer_options "$command")"
    else
        _cupbearer_operand "$command"
    fi
}

complete -F _cupbearer cupbearer
