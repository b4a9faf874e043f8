"""Rules that find what nobody uses: functions, event sources, versions."""
