"""What the site keeps."""

from django.db import models


class Document(models.Model):
    """A file with a title, put there through the admin."""

    title = models.CharField(max_length=80)
    file = models.FileField(upload_to="documents")
