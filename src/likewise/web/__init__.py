"""The web app: Gradio pages in English and Chinese over the library."""
