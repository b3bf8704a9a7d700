"""The metrics in other people's training and evaluation loops; each module needs the tool that it is named after."""
